import type { DevUser } from '@millrace/sync-protocol';

/** Those whose name, address or tenant contains the text, by tenant in the order given. */
export function membersByTenant(
  users: readonly DevUser[],
  search: string,
): readonly (readonly [tenant: string, members: readonly DevUser[]])[] {
  const wanted = search.trim().toLowerCase();
  const found = users.filter((user) =>
    `${user.displayName} ${user.email} ${user.tenant}`.toLowerCase().includes(wanted),
  );
  return [...Map.groupBy(found, (user) => user.tenant)];
}
