import { useSyncExternalStore } from 'react';
import { PAGES, type PageName } from './pages.js';

/** The page of the address, `#customers`: so that back, forward and reload do what they say. */
export function usePage(): PageName {
  return useSyncExternalStore(subscribe, pageOfAddress);
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener('hashchange', onChange);
  return () => window.removeEventListener('hashchange', onChange);
}

function pageOfAddress(): PageName {
  const name = location.hash.slice(1);
  return Object.hasOwn(PAGES, name) ? (name as PageName) : 'invoices';
}
