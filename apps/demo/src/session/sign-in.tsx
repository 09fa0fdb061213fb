import { useMemo, useState } from 'react';
import type { DevUser } from '@millrace/sync-protocol';
import { Notice } from '../ui/notice.js';
import { membersByTenant } from './members-by-tenant.js';
import { TenantMembers } from './tenant-members.js';
import { useUsers } from './use-users.js';

/** Everybody in the database, by tenant. */
export function SignIn({ onSignIn }: { readonly onSignIn: (user: DevUser) => void }) {
  const { users, error, reload } = useUsers();
  const [search, setSearch] = useState('');
  const tenants = useMemo(() => membersByTenant(users ?? [], search), [users, search]);
  const again = [{ label: 'Look again', run: reload }];

  if (error) return <Notice title="The list of users cannot be loaded" detail={error} actions={again} />;
  if (!users) return <Notice title="Looking for users …" busy />;
  if (users.length === 0) {
    return (
      <Notice
        title="There are no users yet"
        detail="Put some into the table “users” of the server’s Postgres."
        actions={again}
      />
    );
  }
  return (
    <main className="sign-in">
      <header>
        <h1>Millrace demo</h1>
        <p>Choose who you are. Open a second window and be somebody else: what one changes, the other sees.</p>
        <input
          type="search"
          placeholder="Find a person or a company"
          aria-label="Find a person"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          autoFocus
        />
      </header>
      {tenants.length === 0 && <p className="muted">Nobody is called “{search}”.</p>}
      {tenants.map(([tenant, members]) => (
        <TenantMembers key={tenant} tenant={tenant} members={members} onSignIn={onSignIn} />
      ))}
    </main>
  );
}
