import { errorText } from '@millrace/kernel';
import type { DevUser } from '@millrace/sync-protocol';
import { useEffect, useMemo, useState } from 'react';
import { Notice } from '../ui/notice.js';
import { listUsers } from './dev-sign-in.js';

/** Everybody in the database, by tenant. */
export function SignIn({ onSignIn }: { readonly onSignIn: (user: DevUser) => void }) {
  const { users, error, reload } = useUsers();
  const [filter, setFilter] = useState('');
  const tenants = useMemo(() => byTenant(users ?? [], filter), [users, filter]);

  if (error) return <Notice title="The server does not answer" detail={error} action={{ label: 'Try again', run: reload }} />;
  if (!users) return <Notice title="Looking for users …" busy />;
  return (
    <main className="sign-in">
      <header>
        <h1>Millrace demo</h1>
        <p>Choose who you are. Open a second window and be somebody else: what one changes, the other sees.</p>
        <input type="search" placeholder="Find a person or a company" aria-label="Find a person" value={filter} onChange={(event) => setFilter(event.target.value)} autoFocus />
      </header>
      {tenants.length === 0 && <p className="muted">Nobody is called “{filter}”.</p>}
      {tenants.map(([tenant, members]) => (
        <section key={tenant}>
          <h2>
            {tenant} <small>{members.length}</small>
          </h2>
          <ul className="people">
            {members.map((user) => (
              <li key={user.id}>
                <button type="button" onClick={() => onSignIn(user)}>
                  <strong>{user.displayName}</strong>
                  <span className="muted">{user.email}</span>
                  {user.role === 'admin' && <span className="tag">admin</span>}
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </main>
  );
}

function useUsers() {
  const [state, setState] = useState<{ users: readonly DevUser[] | null; error: string | null }>({ users: null, error: null });
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

function byTenant(users: readonly DevUser[], filter: string): readonly (readonly [string, readonly DevUser[]])[] {
  const wanted = filter.trim().toLowerCase();
  const shown = users.filter((user) => `${user.displayName} ${user.email} ${user.tenant}`.toLowerCase().includes(wanted));
  return [...Map.groupBy(shown, (user) => user.tenant)];
}
