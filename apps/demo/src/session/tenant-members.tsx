import type { DevUser } from '@millrace/sync-protocol';

export interface TenantMembersProps {
  readonly tenant: string;
  readonly members: readonly DevUser[];
  readonly onSignIn: (user: DevUser) => void;
}

/** Most people of one tenant that are listed: more are found by the search. */
const LISTED = 100;

export function TenantMembers({ tenant, members, onSignIn }: TenantMembersProps) {
  return (
    <section>
      <h2>
        {tenant} <small className="muted">{members.length.toLocaleString('en')}</small>
      </h2>
      <ul className="people">
        {members.slice(0, LISTED).map((user) => (
          <li key={user.id}>
            <button type="button" data-email={user.email} onClick={() => onSignIn(user)}>
              <strong>{user.displayName}</strong>
              <span className="muted">{user.email}</span>
              {user.role === 'admin' && <span className="tag">admin</span>}
            </button>
          </li>
        ))}
      </ul>
      {members.length > LISTED && (
        <p className="muted">and {(members.length - LISTED).toLocaleString('en')} more: search for them.</p>
      )}
    </section>
  );
}
