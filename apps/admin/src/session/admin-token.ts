const KEY = 'millrace-admin-token';

/** Where a token is kept and how it arrives; a browser's `window` fits. */
export interface TokenPlace {
  readonly location: { readonly hash: string; readonly pathname: string; readonly search: string };
  readonly history: { replaceState(data: null, unused: '', url: string): void };
  readonly sessionStorage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

/**
 * The token of `#token=…`, else the one this tab already has. It leaves the address bar at once: a token in the URL ends up in
 * histories, bookmarks and screenshots.
 */
export function takeToken(place: TokenPlace): string | null {
  const given = new URLSearchParams(place.location.hash.slice(1)).get('token')?.trim();
  if (!given) return place.sessionStorage.getItem(KEY);
  place.sessionStorage.setItem(KEY, given);
  place.history.replaceState(null, '', place.location.pathname + place.location.search);
  return given;
}

export function keepToken(place: TokenPlace, token: string): void {
  place.sessionStorage.setItem(KEY, token);
}

export function forgetToken(place: TokenPlace): void {
  place.sessionStorage.removeItem(KEY);
}
