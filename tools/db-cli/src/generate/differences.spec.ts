import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import { readCatalog, trialDatabaseOn } from '@millrace/migrations-server/processing';
import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';
import { differences } from './differences.js';
import { parseRename, type RenameOptions } from './renames.js';
import type { TwoWay } from './two-way-statement.js';

type Columns = Readonly<Record<string, EntitySchemaColumnOptions>>;

const BEFORE: Columns = {
  id: { type: 'integer', primary: true },
  title: { type: 'varchar', length: 10, nullable: true },
  size: { type: 'integer', nullable: true, default: 7 },
  taken: { type: 'timestamp', nullable: true },
  mood: { type: 'enum', enum: ['good', 'bad'], enumName: 'mood', default: 'good' },
  data: { type: 'json', nullable: true },
};
const ROWS = `insert into notes (id, title, size, taken, mood, data) values
  (1, 'one', 1, '2026-01-01 12:00', 'good', '{"a": 1}'), (2, null, null, null, 'bad', null)`;

const NOBODY: RenameOptions = { given: [], ask: null };

describe('differences', () => {
  let pglite: PGlite;
  beforeAll(async () => {
    pglite = await PGlite.create();
  });
  afterAll(() => pglite.close());

  const entity = (columns: Columns) => new EntitySchema({ name: 'Note', tableName: 'notes', columns });

  beforeEach(async () => {
    await pglite.exec('drop schema public cascade; create schema public');
    await using database = await trialDatabaseOn(createPgConfig(pglite), [entity(BEFORE)]);
    await database.source.synchronize();
    await pglite.exec(ROWS);
  });

  async function between(after: Columns, renames = NOBODY): Promise<TwoWay> {
    await using database = await trialDatabaseOn(createPgConfig(pglite), [entity(after)]);
    return await differences(database, { head: { version: '0.0.0', tables: [] }, renames });
  }

  const rows = async () => (await pglite.query('select * from notes order by id')).rows;

  it.each<[string, Columns, TwoWay]>([
    [
      'integer to bigint',
      { size: { type: 'bigint', nullable: true, default: 7 } },
      {
        up: [
          'ALTER TABLE "public"."notes" ALTER COLUMN "size" DROP DEFAULT',
          'ALTER TABLE "public"."notes" ALTER COLUMN "size" TYPE bigint',
          `ALTER TABLE "notes" ALTER COLUMN "size" SET DEFAULT '7'`,
        ],
        down: [
          'ALTER TABLE "notes" ALTER COLUMN "size" DROP DEFAULT',
          'ALTER TABLE "public"."notes" ALTER COLUMN "size" TYPE integer',
          'ALTER TABLE "public"."notes" ALTER COLUMN "size" SET DEFAULT 7',
        ],
      },
    ],
    [
      'a longer varchar',
      { title: { type: 'varchar', length: 20, nullable: true } },
      {
        up: ['ALTER TABLE "public"."notes" ALTER COLUMN "title" TYPE character varying(20)'],
        down: ['ALTER TABLE "public"."notes" ALTER COLUMN "title" TYPE character varying(10)'],
      },
    ],
    [
      'varchar to text',
      { title: { type: 'text', nullable: true } },
      {
        up: ['ALTER TABLE "public"."notes" ALTER COLUMN "title" TYPE text'],
        down: ['ALTER TABLE "public"."notes" ALTER COLUMN "title" TYPE character varying(10)'],
      },
    ],
    [
      'timestamp to timestamptz',
      { taken: { type: 'timestamptz', nullable: true } },
      {
        up: [
          `ALTER TABLE "public"."notes" ALTER COLUMN "taken" TYPE timestamp with time zone USING "taken" AT TIME ZONE 'UTC'`,
        ],
        down: [
          `ALTER TABLE "public"."notes" ALTER COLUMN "taken" TYPE timestamp without time zone USING "taken" AT TIME ZONE 'UTC'`,
        ],
      },
    ],
    [
      'json to jsonb',
      { data: { type: 'jsonb', nullable: true } },
      {
        up: ['ALTER TABLE "public"."notes" ALTER COLUMN "data" TYPE jsonb USING "data"::jsonb'],
        down: ['ALTER TABLE "public"."notes" ALTER COLUMN "data" TYPE json USING "data"::json'],
      },
    ],
    [
      'a scalar to an array',
      { title: { type: 'varchar', length: 10, nullable: true, array: true } },
      {
        up: [
          `ALTER TABLE "public"."notes" ALTER COLUMN "title" TYPE character varying(10)[] USING CASE WHEN "title" IS NOT NULL THEN ARRAY["title"] END`,
        ],
        down: [
          `ALTER TABLE "public"."notes" ALTER COLUMN "title" TYPE character varying(10) USING ("title")[1 / (cardinality("title") <= 1)::integer]`,
        ],
      },
    ],
    [
      'a new label',
      { mood: { type: 'enum', enum: ['good', 'bad', 'fair'], enumName: 'mood', default: 'good' } },
      {
        up: [`ALTER TYPE "public"."mood" ADD VALUE 'fair' AFTER 'bad'`],
        down: [
          'ALTER TYPE "public"."mood" RENAME TO "mood_old"',
          `CREATE TYPE "public"."mood" AS ENUM ('good', 'bad')`,
          'ALTER TABLE "public"."notes" ALTER COLUMN "mood" DROP DEFAULT',
          'ALTER TABLE "public"."notes" ALTER COLUMN "mood" TYPE "public"."mood" USING "mood"::text::"public"."mood"',
          `ALTER TABLE "public"."notes" ALTER COLUMN "mood" SET DEFAULT 'good'::mood`,
          'DROP TYPE "public"."mood_old"',
        ],
      },
    ],
    [
      'NOT NULL, filled with the default',
      { size: { type: 'integer', default: 7 } },
      {
        up: [
          `UPDATE "public"."notes" SET "size" = '7' WHERE "size" IS NULL`,
          'ALTER TABLE "notes" ALTER COLUMN "size" SET NOT NULL',
        ],
        down: ['ALTER TABLE "notes" ALTER COLUMN "size" DROP NOT NULL'],
      },
    ],
    [
      'another default',
      { size: { type: 'integer', nullable: true, default: 8 } },
      {
        up: [`ALTER TABLE "notes" ALTER COLUMN "size" SET DEFAULT '8'`],
        down: [`ALTER TABLE "notes" ALTER COLUMN "size" SET DEFAULT '7'`],
      },
    ],
    [
      'a new column',
      { color: { type: 'text', nullable: true } },
      { up: ['ALTER TABLE "notes" ADD "color" text'], down: ['ALTER TABLE "notes" DROP COLUMN "color"'] },
    ],
  ])('%s', async (what, columns, expected) => {
    const before = await rows();
    const found = await between({ ...BEFORE, ...columns });
    expect(found.up).toEqual(expected.up);
    expect(found.down).toEqual(expected.down);
    expect(await rows()).toHaveLength(before.length);
    for (const statement of found.down) await pglite.query(statement);
    const filled = what.startsWith('NOT NULL') ? [before[0], { ...(before[1] as object), size: 7 }] : before;
    expect(await rows()).toEqual(filled);
    await using again = await trialDatabaseOn(createPgConfig(pglite), [entity(BEFORE)]);
    expect((await again.source.driver.createSchemaBuilder().log()).upQueries).toEqual([]);
  });

  describe('of a column that goes while another of its type comes', () => {
    const { title, ...others } = BEFORE;
    const after: Columns = { ...others, heading: title as EntitySchemaColumnOptions };
    const rename = {
      up: ['ALTER TABLE "public"."notes" RENAME COLUMN "title" TO "heading"'],
      down: ['ALTER TABLE "public"."notes" RENAME COLUMN "heading" TO "title"'],
    };

    it('asks to be told which it is', async () => {
      await expect(between(after)).rejects.toMatchObject({
        wayOut: ['renamed: --rename notes.title:heading', 'dropped, all of them: --no-rename'],
      });
    });

    it('renames it if that was said', async () => {
      expect(await between(after, { given: [parseRename('notes.title:heading')], ask: null })).toEqual(rename);
    });

    it('renames it if the answer is yes', async () => {
      const asked: unknown[] = [];
      const ask = (question: unknown) => {
        asked.push(question);
        return Promise.resolve(true);
      };
      expect(await between(after, { given: [], ask })).toEqual(rename);
      expect(asked).toEqual([{ table: 'notes', from: 'title', to: 'heading' }]);
    });

    it('drops it if the answer is no', async () => {
      const found = await between(after, { given: [], ask: () => Promise.resolve(false) });
      expect(found.up).toEqual([
        'ALTER TABLE "public"."notes" DROP COLUMN "title"',
        'ALTER TABLE "notes" ADD "heading" character varying(10)',
      ]);
      expect(found.down.at(-1)).toBe('ALTER TABLE "public"."notes" ADD COLUMN "title" character varying(10)');
    });
  });

  it('renames a table if that was said', async () => {
    await using database = await trialDatabaseOn(createPgConfig(pglite), [
      new EntitySchema({ name: 'Memo', tableName: 'memos', columns: BEFORE }),
    ]);
    const renames = { given: [parseRename('notes:memos')], ask: null };
    const found = await differences(database, { head: { version: '0.0.0', tables: [] }, renames });
    expect(found.up[0]).toBe('ALTER TABLE "public"."notes" RENAME TO "memos"');
    expect([...(await readCatalog(database.run)).tables.values()].map(({ name }) => name)).toEqual(['memos']);
  });

  it('refuses what it has no statement for, and says what to do', async () => {
    await expect(between({ ...BEFORE, taken: { type: 'uuid', nullable: true } })).rejects.toMatchObject({
      why: expect.stringContaining('cannot cast') as string,
    });
  });
});
