import type { Catalogue, SchemaStep } from '@millrace/schema-compat';
import { migrationOf, tableOf } from '@millrace/schema-compat/testing';
import { rule, type SchemaMeta } from '@millrace/schema-meta';
import { app, fakeWorker } from './testing/fake-env.js';
import { readSettings } from './settings.js';
import { createSnapshotKeys, snapshotKeys } from './snapshot-keys.js';

const HEX = /^[0-9a-f]{64}$/;
const secret = async () => 'a secret';
const keys = createSnapshotKeys(secret);
const { schema } = app;
const unmigrated: Catalogue = { compiled: schema, steps: [] };

function withRule(read: SchemaMeta['tables'][number]['read']): SchemaMeta {
  return { ...schema, tables: schema.tables.map((table) => ({ ...table, read })) };
}

describe('[S5] snapshot keys', () => {
  it('are the same for the same scope, whatever else the token says', async () => {
    const key = await keys.keyOf({ schema }, { tenantId: 't1', sub: 'ann' });
    expect(key).toMatch(HEX);
    expect(await keys.keyOf({ schema }, { sub: 'bob', tenantId: 't1' })).toBe(key);
    expect(await keys.scopeOf(unmigrated, { tenantId: 't1', sub: 'ann' })).toBe(
      await keys.scopeOf(unmigrated, { tenantId: 't1' }),
    );
  });

  it('differ by claims, rules, schema version, words, secret and purpose', async () => {
    const claims = { tenantId: 't1' };
    const other = (changed: SchemaMeta) => keys.keyOf({ schema: changed }, claims);
    const all = await Promise.all([
      keys.keyOf({ schema }, claims),
      keys.keyOf({ schema, told: '0.9.0' }, claims),
      keys.keyOf({ schema }, { tenantId: 't2' }),
      keys.keyOf({ schema }, {}),
      other(withRule(rule.all())),
      other({ ...schema, version: '1.0.1' }),
      createSnapshotKeys(async () => 'another').keyOf({ schema }, claims),
      keys.scopeOf(unmigrated, claims),
      keys.scopeOf(unmigrated, { tenantId: 't2' }),
    ]);
    expect(new Set(all).size).toBe(all.length);
  });

  describe('a scope', () => {
    const claims = { tenantId: 't1', teamId: 'red' };
    const step = (before: SchemaMeta, after: SchemaMeta): SchemaStep => ({
      migration: migrationOf({ before, after }),
      direction: 'up',
    });
    const wider = {
      ...schema,
      version: '1.1.0',
      tables: [...schema.tables, tableOf({ name: 'more', columns: ['id'] })],
    };
    const byTeam = { ...withRule(rule.claim('team', 'teamId')), version: '2.0.0' };

    it('outlives migrations, other rules included: those tell what has to be read anew', async () => {
      const migrated = { compiled: wider, steps: [step(schema, wider)] };
      expect(await keys.scopeOf(migrated, claims)).toBe(await keys.scopeOf(unmigrated, claims));
      const baseline = step({ ...schema, version: '0.0.0', tables: [] }, schema);
      expect(await keys.scopeOf({ compiled: schema, steps: [baseline] }, claims)).toBe(
        await keys.scopeOf(unmigrated, claims),
      );
    });

    it('with a migration that makes another claim matter, is a new one, and the former one holds as well', async () => {
      const catalogue = { compiled: byTeam, steps: [step(schema, wider), step(wider, byTeam)] };
      const [now, before, ...more] = await keys.scopesOf(catalogue, claims);
      expect(now).toBe(await keys.scopeOf(catalogue, claims));
      expect(before).toBe(await keys.scopeOf(unmigrated, claims));
      expect(more).toEqual([]);
      expect(await keys.scopesOf(unmigrated, claims)).toEqual([before]);
    });

    it('of a server that was built with other rules, without a migration that says so, is another one', async () => {
      const rebuilt = { compiled: withRule(rule.all()), steps: [] };
      expect(await keys.scopeOf(rebuilt, claims)).not.toBe(await keys.scopeOf(unmigrated, claims));
    });
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
      const own = snapshotKeys(worker.bindings, readSettings(worker.bindings));
      made.push(await own.scopeOf(unmigrated, {}), await own.scopeOf(unmigrated, { tenantId: 't1' }));
      const asked = worker.called().filter((name) => name === 'replication.snapshotSecret');
      expect(asked).toHaveLength('MILLRACE_JWKS_URL' in env ? 1 : 0);
    }
    expect(new Set(made).size).toBe(6);
    expect(await createSnapshotKeys(async () => 'kept').scopeOf(unmigrated, {})).toBe(made[4]);
  });
});
