import { errorText } from '@millrace/kernel';
import type { DevUser } from '@millrace/sync-protocol';
import { useEffect, useState } from 'react';
import { listUsers } from './dev-sign-in.js';

export interface UsersState {
  /** Null until they are here. */
  readonly users: readonly DevUser[] | null;
  readonly error: string | null;
  readonly reload: () => void;
}

export function useUsers(): UsersState {
  const [state, setState] = useState<Omit<UsersState, 'reload'>>({ users: null, error: null });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let wanted = true;
    listUsers().then(
      (users) => wanted && setState({ users, error: null }),
      (error: unknown) => wanted && setState({ users: null, error: errorText(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [attempt]);
  return { ...state, reload: () => setAttempt((count) => count + 1) };
}
