import { findColumn, findTable, type TableMeta } from '@millrace/schema-meta';
import { schema } from './schema.generated.js';

function table(name: string): TableMeta {
  const found = findTable(schema, name);
  if (!found) throw new Error(`no table ${name}`);
  return found;
}

describe('the demo schema', () => {
  it('holds the tables of the demo', () => {
    expect(schema.tables.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['tenants', 'users', 'profiles', 'invoices', 'payments']),
    );
  });

  it('shows each principal its own tenant, and nothing else (I8)', () => {
    for (const { name, read } of schema.tables) {
      expect(read).toEqual({ op: 'claim', column: name === 'tenants' ? 'id' : 'tenant_id', claim: 'tenantId' });
    }
  });

  it('lets nobody write beyond its tenant', () => {
    for (const { read, write } of schema.tables) {
      expect(write?.op === 'and' ? write.rules[0] : write).toEqual(read);
    }
  });

  it('keeps password hashes on the server [C3]', () => {
    expect(table('users').serverOnly).toEqual(['password_hash']);
    expect(JSON.stringify(table('users').columns)).not.toContain('password');
  });

  it('has enums as text in the replica [A3]', () => {
    expect(findColumn(table('invoices'), 'status')).toMatchObject({ type: 'invoice_status', clientType: 'text' });
  });

  it('never takes created_at, updated_at or version from a client', () => {
    for (const { columns, versionColumn } of schema.tables) {
      expect(versionColumn).toBe('version');
      expect(columns.filter(({ setBy }) => setBy === 'server').map(({ name }) => name)).toEqual([
        'created_at',
        'updated_at',
        'version',
      ]);
    }
  });
});
