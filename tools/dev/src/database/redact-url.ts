/** From the first colon behind the user to the last `@`: a password that was not percent-encoded may hold any character. */
const PASSWORD = /^([a-z][a-z0-9+.-]*:\/\/[^:@]*):.*@/is;
const PASSWORD_PARAMETER = /([?&](?:ssl)?password=)[^&]*/gi;

/** A connection string without its password, for messages and logs. Text that is no URL at all is not shown. */
export function redactUrl(url: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) return '(not a URL)';
  return url.replace(PASSWORD, '$1:***@').replace(PASSWORD_PARAMETER, '$1***');
}

/**
 * True if a character that ends the host of a URL (`/`, `?`, `#`) stands before the `@`: the text is then read as another host and
 * another database than was meant.
 */
export function hasUnencodedPassword(url: string): boolean {
  const [authority = '', rest = ''] = splitAuthority(url);
  if (!rest.includes('@')) return false;
  // An `@` in the value of a parameter is in its place: ?application_name=me@home
  const beforeValues = /^[^?#]*[?#]?[^=]*/.exec(rest)?.[0] ?? '';
  return beforeValues.includes('@') || (!authority.includes('@') && authority.includes(':') && !URL.canParse(url));
}

function splitAuthority(url: string): [string, string] {
  const text = url.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
  const end = text.search(/[/?#]/);
  return end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end)];
}
