import { decodeJson, devUserSchema, type DevUser } from '@millrace/sync-protocol';
import { useCallback, useState } from 'react';

const KEY = 'millrace-demo-user';

export interface Session {
  readonly user: DevUser | null;
  readonly signIn: (user: DevUser) => void;
  readonly signOut: () => void;
}

/** Who is signed in in this tab. Of the tab, so that two users can work side by side in one browser. */
export function useSession(): Session {
  const [user, setUser] = useState(storedUser);
  const signIn = useCallback((next: DevUser) => {
    sessionStorage.setItem(KEY, JSON.stringify(next));
    setUser(next);
  }, []);
  const signOut = useCallback(() => {
    sessionStorage.removeItem(KEY);
    setUser(null);
  }, []);
  return { user, signIn, signOut };
}

function storedUser(): DevUser | null {
  const text = sessionStorage.getItem(KEY);
  if (!text) return null;
  try {
    return decodeJson(devUserSchema, text, 4096);
  } catch {
    sessionStorage.removeItem(KEY);
    return null;
  }
}
