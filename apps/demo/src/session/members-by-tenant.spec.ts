import { membersByTenant } from './members-by-tenant.js';

const user = (displayName: string, tenant: string) => ({
  id: displayName,
  email: `${displayName.toLowerCase()}@example.org`,
  displayName,
  role: 'member',
  tenantId: tenant,
  tenant,
});
const users = [user('Ann', 'Mill'), user('Bob', 'Weir'), user('Cleo', 'Mill')];

describe('who can sign in', () => {
  it('is listed by tenant', () =>
    expect(membersByTenant(users, '').map(([tenant, members]) => [tenant, members.length])).toEqual([
      ['Mill', 2],
      ['Weir', 1],
    ]));

  it.each([
    ['CLEO', 1],
    ['bob@', 1],
    ['mill', 2],
    ['nobody', 0],
  ])('is found by %s', (search, count) =>
    expect(membersByTenant(users, search).flatMap(([, found]) => found)).toHaveLength(count),
  );
});
