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

  it.each([
    { what: 'is not known', all: [known(1)], version: '1.1.0', code: 'not-found', message: /nothing to roll back/ },
    {
      what: 'is not applied',
      all: [known(1), known(2, { applied: false })],
      version: '1.1.0',
      code: 'not-found',
      message: /nothing to roll back/,
    },
    {
      what: 'has others behind it',
      all: [known(2), known(3), known(4)],
      version: '1.4.0',
      code: 'schema-unknown',
      message: /roll back Step4, Step3 first/,
    },
    {
      what: 'cannot be told in the earlier schema',
      all: [known(2, {}, [drop])],
      version: '1.2.0',
      code: 'schema-unknown',
      message: /cannot be told in schema 1\.1\.0/,
    },
  ])('refuses one that $what, and says what to do', ({ all, version, code, message }) => {
    const refused = expect.objectContaining({ code, message: expect.stringMatching(message) }) as Error;
    expect(() => rollbackStep('Step2', all, version)).toThrow(refused);
  });
});
