import { ServerOnly, Synced, type EntityClass } from '@millrace/entities-shared';
import { findColumn, rule, type TableMeta } from '@millrace/schema-meta';
import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import { rowTypesSource } from './row-types-source.js';
import { schemaOfEntities } from './schema-of-entities.js';

enum Mood {
  good = 'good',
  bad = 'bad',
}

@Entity({ name: 'samples', schema: 'lab' })
@Synced({ read: rule.claim('team', 'team'), write: null, policy: 'reject-stale' })
class Sample {
  @PrimaryColumn({ type: 'varchar', length: 20 })
  team!: string;

  @PrimaryGeneratedColumn('increment', { type: 'int8' })
  serial!: string;

  @Column({ type: 'numeric', precision: 12, scale: 2 })
  price!: string;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  takenAt!: string;

  @Column({ type: 'text', array: true, default: [] })
  tags!: string[];

  @Column({ type: 'enum', enum: Mood, enumName: 'mood', array: true, nullable: true })
  moods!: Mood[] | null;

  @Column({ type: 'bool', default: false })
  done!: boolean;

  @Column({ type: 'char', length: 5 })
  code!: string;

  @Column({ type: 'int2' })
  size!: number;

  @Column({ type: 'bytea', nullable: true })
  @ServerOnly()
  key!: Buffer | null;
}

@Entity('unsynced')
class Unsynced {
  @PrimaryGeneratedColumn('uuid')
  id!: string;
}

@Entity('keyed')
@Synced({ read: rule.all(), write: null })
class HiddenKey {
  @PrimaryGeneratedColumn('uuid')
  @ServerOnly()
  id!: string;
}

async function tableOf(...classes: EntityClass[]): Promise<TableMeta> {
  const { tables } = await schemaOfEntities(classes, '2.0.0');
  expect(tables).toHaveLength(1);
  return tables[0] as TableMeta;
}

describe('schemaOfEntities', () => {
  it('takes what @Synced says, and leaves other classes out', async () => {
    expect(await tableOf(Sample, Unsynced)).toMatchObject({
      name: 'lab.samples',
      entity: 'Sample',
      key: ['team', 'serial'],
      versionColumn: null,
      policy: 'reject-stale',
      read: { op: 'claim', column: 'team', claim: 'team' },
      write: null,
    });
  });

  it('names @ServerOnly columns apart from those that travel [C3]', async () => {
    const table = await tableOf(Sample);
    expect(table.serverOnly).toEqual(['key']);
    expect(findColumn(table, 'key')).toBeUndefined();
  });

  it.each([
    { name: 'team', type: 'character varying(20)', default: null, setBy: 'client' },
    { name: 'serial', type: 'bigint', default: null, setBy: 'server' },
    { name: 'price', type: 'numeric(12,2)', default: null, setBy: 'client' },
    { name: 'taken_at', type: 'timestamp(3) with time zone', default: 'now()', setBy: 'client' },
    { name: 'tags', type: 'text[]', default: "'{}'", setBy: 'client' },
    { name: 'moods', type: 'lab.mood[]', clientType: 'text[]', default: null, setBy: 'client' },
    { name: 'done', type: 'boolean', default: 'false', setBy: 'client' },
    { name: 'code', type: 'character(5)', default: null, setBy: 'client' },
    { name: 'size', type: 'smallint', default: null, setBy: 'client' },
  ])('$name is $type', async (column) => {
    expect(findColumn(await tableOf(Sample), column.name)).toMatchObject({ clientType: column.type, ...column });
  });

  it('refuses a key that clients would not see', async () => {
    await expect(schemaOfEntities([HiddenKey], '1.0.0')).rejects.toThrow(
      "HiddenKey: a key column can't be @ServerOnly",
    );
  });
});

describe('rowTypesSource', () => {
  it('types only as a number what a number holds exactly (I10)', async () => {
    const source = await rowTypesSource([Sample], await schemaOfEntities([Sample], '1.0.0'));
    expect(source).toContain(`export interface SampleRecord {
  team: string;
  serial: string;
  price: string;
  taken_at: string;
  tags: (string)[];
  moods: ("good" | "bad")[] | null;
  done: boolean;
  code: string;
  size: number;
}`);
    expect(source).toContain('  size: string;');
    expect(source).not.toContain('  key:');
  });
});
