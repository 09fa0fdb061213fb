import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import { schema } from '@millrace/db';
import { entityOptions } from '@millrace/db/server';
import { DataSource } from 'typeorm';
import { domainMigrations } from './index.js';

describe('entities and migrations', () => {
  let pglite: PGlite;
  let source: DataSource;

  beforeAll(async () => {
    pglite = await PGlite.create();
    source = new DataSource({
      ...entityOptions,
      migrations: domainMigrations,
      migrationsTransactionMode: 'each',
      poolSize: 1,
      extra: createPgConfig(pglite),
    });
    await source.initialize();
  });
  afterAll(async () => {
    await source.destroy();
    await pglite.close();
  });

  /** Everything that TypeORM's own comparison overlooks: objects that no entity mentions, expressions of checks, actions of foreign keys. */
  async function fingerprint(): Promise<string[]> {
    const { rows } = await pglite.query<{ line: string }>(`
      select format('%s.%s %s%s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), case when a.attnotnull then ' not null' end,
          pg_get_expr(d.adbin, d.adrelid)) as line
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'migrations'
      union all select format('%s %s', conname, pg_get_constraintdef(oid)) from pg_constraint
        where connamespace = 'public'::regnamespace and contype <> 'n' and conrelid <> coalesce(to_regclass('migrations'), 0)
      union all select indexdef from pg_indexes where schemaname = 'public' and tablename <> 'migrations'
      union all select format('%s %s', t.typname, array_agg(e.enumlabel order by e.enumsortorder))
        from pg_type t join pg_enum e on e.enumtypid = t.oid group by t.typname
      order by line`);
    return rows.map(({ line }) => line);
  }

  it('describe the same tables', async () => {
    await source.synchronize();
    const fromEntities = await fingerprint();
    expect(fromEntities.length).toBeGreaterThan(50);
    await pglite.exec('drop schema public cascade; create schema public');

    await source.runMigrations();
    expect(await fingerprint()).toEqual(fromEntities);
    const { upQueries } = await source.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('give the types, defaults and keys that the generated schema states', async () => {
    for (const table of schema.tables) {
      const { rows } = await pglite.query(
        `select attname as name, format_type(atttypid, atttypmod) as type, not attnotnull as nullable,
            coalesce(attnum = any(conkey), false) as key, pg_get_expr(adbin, adrelid) is not null as "hasDefault"
          from pg_attribute
          left join pg_constraint on conrelid = attrelid and contype = 'p'
          left join pg_attrdef on adrelid = attrelid and adnum = attnum
          where attrelid = $1::regclass and attnum > 0 and attname <> all($2) order by attnum`,
        [table.name, table.serverOnly],
      );
      expect(rows).toEqual(
        table.columns.map(({ name, type, nullable, default: byDefault }) => ({
          name,
          type,
          nullable,
          key: table.key.includes(name),
          hasDefault: byDefault !== null,
        })),
      );
    }
  });

  it('come and go without a trace', async () => {
    const before = await fingerprint();
    await source.undoLastMigration();
    expect(await fingerprint()).toEqual([]);
    const { rows } = await pglite.query(`select proname from pg_proc where pronamespace = 'public'::regnamespace`);
    expect(rows).toEqual([]);
    await source.runMigrations();
    expect(await fingerprint()).toEqual(before);
  });
});
