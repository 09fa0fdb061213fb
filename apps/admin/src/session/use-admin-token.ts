import { useCallback, useEffect, useState } from 'react';
import { forgetToken, keepToken, takeToken } from './admin-token.js';

export interface AdminToken {
  readonly token: string | null;
  readonly enter: (token: string) => void;
  readonly forget: () => void;
}

/** `given`: the token the page was opened with. A link with another one may be pasted later: that changes the hash without a reload. */
export function useAdminToken(given: string | null): AdminToken {
  const [token, setToken] = useState(given);
  useEffect(() => {
    const look = () => setToken(takeToken(window));
    window.addEventListener('hashchange', look);
    return () => window.removeEventListener('hashchange', look);
  }, []);
  const enter = useCallback((next: string) => {
    keepToken(window, next);
    setToken(next);
  }, []);
  const forget = useCallback(() => {
    forgetToken(window);
    setToken(null);
  }, []);
  return { token, enter, forget };
}
