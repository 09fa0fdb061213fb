import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { acquireDatabase, type TestDatabase } from '@millrace/testing-postgres';
import { migrateEngine } from '@millrace/migrations-server';
import { Client } from 'pg';

const WORKSPACE = join(__dirname, '../../..');
/** Each command is a process that loads TypeORM and starts a Postgres. */
const MINUTES = 60_000;

const CREDIT_NOTE = `import { Length } from 'class-validator';
import { Tenant } from '@millrace/entities-core';
import { Synced, TenantEntity, ownTenant } from '@millrace/entities-shared';
import { Column, Entity, JoinColumn, ManyToOne, Unique } from 'typeorm';

@Entity('credit_notes')
@Unique(['tenantId', 'id'])
@Synced({ read: ownTenant, write: ownTenant })
export class CreditNote extends TenantEntity {
  @ManyToOne(() => Tenant, { nullable: false })
  @JoinColumn({ name: 'tenant_id' })
  tenant?: Tenant;

  @Column({ type: 'text' })
  @Length(1, 200)
  name!: string;
}
`;

/** A copy of the workspace whose entities may be changed. */
function copyWorkspace(): string {
  const root = mkdtempSync(join(tmpdir(), 'millrace-db-cli-'));
  const list = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', 'libs', 'tools', '*.json', '.prettierrc*'],
    {
      cwd: WORKSPACE,
      maxBuffer: 64 << 20,
    },
  );
  for (const file of list
    .toString()
    .split('\n')
    .filter((name) => name !== '' && existsSync(join(WORKSPACE, name)))) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    cpSync(join(WORKSPACE, file), join(root, file));
  }
  const [from, to] = [join(WORKSPACE, 'node_modules'), join(root, 'node_modules')];
  mkdirSync(join(to, '@millrace'), { recursive: true });
  for (const entry of readdirSync(from)) if (entry !== '@millrace') symlinkSync(join(from, entry), join(to, entry));
  for (const entry of readdirSync(join(from, '@millrace'))) {
    symlinkSync(readlinkSync(join(from, '@millrace', entry)), join(to, '@millrace', entry));
  }
  return root;
}

describe('the commands, as the team that owns an entity types them', () => {
  let root: string;
  let database: TestDatabase;
  beforeAll(async () => {
    root = copyWorkspace();
    database = await acquireDatabase();
    await migrateEngine({ url: database.url });
  }, MINUTES);
  afterAll(async () => {
    rmSync(root, { recursive: true, force: true });
    await database[Symbol.asyncDispose]();
  });

  function migration(...words: readonly string[]): { code: number | null; out: string; err: string } {
    const script = ['run', '--silent', `migration:${words[0]}`, '--', ...words.slice(1)];
    const env = { ...process.env, DATABASE_URL: database.url };
    const { status, stdout, stderr } = spawnSync('npm', script, { cwd: root, env, encoding: 'utf8' });
    return { code: status, out: stdout, err: stderr };
  }

  function edit(file: string, from: string, to: string): void {
    const path = join(root, file);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain(from);
    writeFileSync(
      path,
      text.replace(from, () => to),
    );
  }

  const query = async (sql: string) => {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };

  it(
    'lead from a change of an entity to a database that has it, and back',
    async () => {
      expect(migration('run')).toMatchObject({
        code: 0,
        out: expect.stringContaining('DomainTables1763900000000') as string,
      });
      edit(
        'libs/entities/billing/src/payment.ts',
        `  @Column({ type: 'text', nullable: true })
  @IsOptional()
  @MaxLength(200)
  reference`,
        `  @Column({ type: 'text', nullable: true })
  @IsOptional()
  @MaxLength(40)
  channel!: string | null;

  @Column({ type: 'text', nullable: true })
  @IsOptional()
  @MaxLength(200)
  reference`,
      );
      writeFileSync(join(root, 'libs/entities/billing/src/credit-note.ts'), CREDIT_NOTE);
      edit(
        'libs/entities/billing/src/index.ts',
        'export {',
        `export { CreditNote } from './credit-note.js';\nexport {`,
      );
      edit('libs/db/src/entities.ts', '{ Invoice, Payment }', '{ CreditNote, Invoice, Payment }');
      edit('libs/db/src/entities.ts', 'Invoice, Payment } as', 'Invoice, Payment, CreditNote } as');
      const dry = JSON.parse(migration('generate', 'payment-channels', '--dry-run', '--json').out) as object;
      expect(dry).toMatchObject({
        up: [
          expect.stringContaining('CREATE TABLE "credit_notes"') as string,
          'ALTER TABLE "payments" ADD "channel" text',
          expect.stringContaining('FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id")') as string,
          'ALTER TABLE "public"."credit_notes" REPLICA IDENTITY FULL',
          expect.stringContaining('CREATE TRIGGER keep_row_columns BEFORE INSERT OR UPDATE ON') as string,
        ],
        version: '1.1.0',
        kind: 'additive',
        ops: [
          { op: 'add-column', table: 'payments', value: null },
          { op: 'add-table', table: { name: 'credit_notes' } },
        ],
      });
      const generated = migration('generate', 'PaymentChannels');
      expect(generated).toMatchObject({ code: 0, err: '' });
      const file = /wrote (\S+)/.exec(generated.out)?.[1] ?? '';
      expect(file).toMatch(/domain\/[0-9]{13}-payment-channels\.ts$/);
      expect(readFileSync(join(root, file), 'utf8')).toContain(
        `import type { MigrationInterface, QueryRunner } from 'typeorm';`,
      );

      expect(migration('run')).toMatchObject({
        code: 1,
        err: expect.stringContaining(`npm run migration:store-sql -- ${file}`) as string,
      });
      expect(migration('store-sql', file)).toMatchObject({
        code: 0,
        out: expect.stringContaining('1.0.0 → 1.1.0 (additive; not released)') as string,
      });
      expect(readFileSync(join(root, 'libs/db/src/schema.generated.ts'), 'utf8')).toContain(`version: '1.1.0'`);
      expect(migration('run')).toMatchObject({ code: 0, out: expect.stringContaining('1 run') as string });
      expect(await query(`select schema_version, direction from sync.client_migration order by ordinal`)).toEqual([
        { schema_version: '1.0.0', direction: 'up' },
        { schema_version: '1.1.0', direction: 'up' },
      ]);
      expect(migration('cleanup', 'payment-channels')).toMatchObject({
        code: 1,
        err: expect.stringContaining('has run in this database') as string,
      });
      expect(migration('revert')).toMatchObject({ code: 0, out: expect.stringContaining('is reverted') as string });
      expect(migration('cleanup', 'payment-channels')).toMatchObject({ code: 0 });
      expect(existsSync(join(root, file))).toBe(false);
      expect(migration('cleanup', 'domain-tables')).toMatchObject({
        code: 1,
        err: expect.stringContaining('is released') as string,
      });
      expect(migration('generate')).toMatchObject({
        code: 1,
        err: expect.stringContaining('missing required argument') as string,
      });
    },
    15 * MINUTES,
  );
});
