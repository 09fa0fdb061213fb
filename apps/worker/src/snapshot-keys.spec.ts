import { rule, type SchemaMeta } from '@millrace/schema-meta';
import { app, fakeWorker } from './testing/fake-env.js';
import { readSettings } from './settings.js';
import { createSnapshotKeys, snapshotKeys } from './snapshot-keys.js';

const HEX = /^[0-9a-f]{64}$/;
const secret = async () => 'a secret';
const keys = createSnapshotKeys(app.schema, secret);

function withRule(read: SchemaMeta['tables'][number]['read']): SchemaMeta {
  return { ...app.schema, tables: app.schema.tables.map((table) => ({ ...table, read })) };
}

describe('[S5] snapshot keys', () => {
  it('are the same for the same scope, whatever else the token says', async () => {
    const key = await keys.keyOf({ tenantId: 't1', sub: 'ann' });
    expect(key).toMatch(HEX);
    expect(await keys.keyOf({ sub: 'bob', tenantId: 't1' })).toBe(key);
    expect(await keys.scopeOf({ tenantId: 't1', sub: 'ann' })).toBe(await keys.scopeOf({ tenantId: 't1' }));
  });

  it('differ by claims, rules, schema version, secret and purpose', async () => {
    const claims = { tenantId: 't1' };
    const other = (schema: SchemaMeta) => createSnapshotKeys(schema, secret).keyOf(claims);
    const all = await Promise.all([
      keys.keyOf(claims),
      keys.keyOf({ tenantId: 't2' }),
      keys.keyOf({}),
      other(withRule(rule.all())),
      other({ ...app.schema, version: '1.0.1' }),
      createSnapshotKeys(app.schema, async () => 'another').keyOf(claims),
      keys.scopeOf(claims),
      keys.scopeOf({ tenantId: 't2' }),
    ]);
    expect(new Set(all).size).toBe(all.length);
  });

  it('a scope outlives the schema version: rows that stay right are not read anew', async () => {
    const next = createSnapshotKeys({ ...app.schema, version: '2.0.0' }, secret);
    expect(await next.scopeOf({ tenantId: 't1' })).toBe(await keys.scopeOf({ tenantId: 't1' }));
    expect(await next.rulesVersion()).toBe(await keys.rulesVersion());
  });

  it('come from their own secret, else from that of the tokens, else from one that the ReplicationDO keeps', async () => {
    const made: string[] = [];
    for (const env of [
      {},
      { MILLRACE_SNAPSHOT_SECRET: 'x'.repeat(32) },
      { MILLRACE_JWT_SECRET: null, MILLRACE_JWKS_URL: 'https://id.example/jwks' },
    ]) {
      const worker = fakeWorker({
        env,
        methods: { 'replication.snapshotSecret': () => ({ ok: true, value: 'kept' }) },
      });
      const own = snapshotKeys(worker.bindings, readSettings(worker.bindings), app.schema);
      made.push(await own.scopeOf({}), await own.scopeOf({ tenantId: 't1' }));
      const asked = worker.called().filter((name) => name === 'replication.snapshotSecret');
      expect(asked).toHaveLength('MILLRACE_JWKS_URL' in env ? 1 : 0);
    }
    expect(new Set(made).size).toBe(6);
    expect(await createSnapshotKeys(app.schema, async () => 'kept').scopeOf({})).toBe(made[4]);
  });
});
