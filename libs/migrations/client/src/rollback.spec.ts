import type { SchemaMigration, SchemaOp } from '@millrace/schema-compat';
import type { ClientMigration } from './client-migration.js';
import { rollbackStep } from './rollback.js';

const drop = { op: 'drop-column', table: 'items' } as unknown as SchemaOp;
const relax: SchemaOp = { op: 'relax', table: 'items', column: null, rule: 'not null' };

const known = (n: number, more: Partial<ClientMigration> = {}, ops: SchemaOp[] = [relax]): ClientMigration => ({
  migration: {
    name: `Step${n}`,
    timestamp: n,
    version: `1.${n}.0`,
    previous: `1.${n - 1}.0`,
    ops,
  } as unknown as SchemaMigration,
  direction: 'up',
  applied: true,
  appliedAt: '2026-01-01 00:00:00+00',
  error: null,
  retryCount: 0,
  ...more,
});

describe('rollbackStep', () => {
  it('takes back the last one', () => {
    expect(rollbackStep('Step2', [known(1), known(2)], '1.2.0')).toMatchObject({
      direction: 'down',
      migration: { name: 'Step2' },
    });
  });

  it.each<[string, readonly ClientMigration[], string, string, RegExp]>([
    ['is not known', [known(1)], '1.1.0', 'not-found', /nothing to roll back/],
    ['is not applied', [known(1), known(2, { applied: false })], '1.1.0', 'not-found', /nothing to roll back/],
    ['has others behind it', [known(2), known(3), known(4)], '1.4.0', 'schema-unknown', /roll back Step4, Step3 first/],
    [
      'cannot be told in the earlier schema',
      [known(2, {}, [drop])],
      '1.2.0',
      'schema-unknown',
      /cannot be told in schema 1\.1\.0/,
    ],
  ])('refuses one that %s, and says what to do', (_what, all, version, code, message) => {
    expect(() => rollbackStep('Step2', all, version)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});
