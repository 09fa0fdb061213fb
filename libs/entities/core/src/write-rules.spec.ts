import { syncedOptionsOf, type EntityClass } from '@millrace/entities-shared';
import type { Row } from '@millrace/kernel';
import { matches, type Claims } from '@millrace/sync-rules';
import { Profile } from './profile.js';
import { Tenant } from './tenant.js';
import { User } from './user.js';

const MEMBER: Claims = { sub: 'ben', tenantId: 'east', role: 'member' };
const ADMIN: Claims = { sub: 'ada', tenantId: 'east', role: 'admin' };
const STRANGER: Claims = { sub: 'wim', tenantId: 'west', role: 'admin' };

const BEN: Row = { id: 'ben', tenant_id: 'east', role: 'member' };
const ADA: Row = { id: 'ada', tenant_id: 'east', role: 'admin' };

/** A write is admitted if both rows are. */
function mayWrite(entity: EntityClass, claims: Claims, rows: { readonly before?: Row; readonly after?: Row }): boolean {
  const write = syncedOptionsOf(entity)?.write;
  return (
    Boolean(write) && [rows.before, rows.after].every((row) => !row || (write && matches(write, row, claims) === true))
  );
}

describe('who may write users', () => {
  it('a member its own row, an admin each of the tenant', () => {
    expect(mayWrite(User, MEMBER, { before: BEN, after: BEN })).toBe(true);
    expect(mayWrite(User, MEMBER, { before: ADA, after: ADA })).toBe(false);
    expect(mayWrite(User, ADMIN, { before: BEN, after: { ...BEN, role: 'admin' } })).toBe(true);
    expect(mayWrite(User, ADMIN, { before: BEN })).toBe(true);
  });

  it('a member does not make itself an admin', () => {
    expect(mayWrite(User, MEMBER, { before: BEN, after: { ...BEN, role: 'admin' } })).toBe(false);
  });

  it('nobody makes, takes or moves a user of another tenant', () => {
    expect(mayWrite(User, STRANGER, { after: BEN })).toBe(false);
    expect(mayWrite(User, STRANGER, { before: BEN, after: { ...BEN, tenant_id: 'west' } })).toBe(false);
    expect(mayWrite(User, ADMIN, { before: BEN, after: { ...BEN, tenant_id: 'west' } })).toBe(false);
  });

  it('a token without tenant or role gets nowhere', () => {
    expect(mayWrite(User, { sub: 'ben' }, { before: BEN, after: BEN })).toBe(false);
    expect(mayWrite(User, { sub: 'ben', tenantId: 'east' }, { before: BEN, after: BEN })).toBe(false);
  });
});

describe('who may write profiles', () => {
  const profile: Row = { id: 'p', tenant_id: 'east', user_id: 'ben' };

  it('a member its own, an admin each of the tenant', () => {
    expect(mayWrite(Profile, MEMBER, { after: profile })).toBe(true);
    expect(mayWrite(Profile, MEMBER, { after: { ...profile, user_id: 'ada' } })).toBe(false);
    expect(mayWrite(Profile, MEMBER, { before: profile, after: { ...profile, user_id: 'ada' } })).toBe(false);
    expect(mayWrite(Profile, ADMIN, { before: profile, after: { ...profile, user_id: 'ada' } })).toBe(true);
    expect(mayWrite(Profile, STRANGER, { before: profile, after: profile })).toBe(false);
  });
});

describe('who may write tenants', () => {
  it('its own admin', () => {
    const east: Row = { id: 'east' };
    expect(mayWrite(Tenant, ADMIN, { before: east, after: east })).toBe(true);
    expect(mayWrite(Tenant, MEMBER, { before: east, after: east })).toBe(false);
    expect(mayWrite(Tenant, STRANGER, { before: east, after: east })).toBe(false);
  });
});
