import * as v from 'valibot';
import type { Rule } from './rule.js';
import type { ColumnMeta, SchemaMeta, TableMeta } from './schema-meta.js';

/** Bounds of a schema that comes from elsewhere: beyond them it is not one (I11). */
const MOST_TABLES = 1_000;
const MOST_COLUMNS = 1_600;
const MOST_RULES = 100;

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
const text = v.pipe(v.string(), v.maxLength(10_000));

const ruleSchema: v.GenericSchema<Rule> = v.lazy(() =>
  v.variant('op', [
    v.object({ op: v.literal('all') }),
    v.object({ op: v.literal('claim'), column: name, claim: name }),
    v.object({ op: v.literal('value'), column: name, value: text }),
    v.object({ op: v.literal('has-claim'), claim: name, value: text }),
    v.object({ op: v.literal('and'), rules: v.pipe(v.array(ruleSchema), v.maxLength(MOST_RULES)) }),
    v.object({ op: v.literal('or'), rules: v.pipe(v.array(ruleSchema), v.maxLength(MOST_RULES)) }),
    v.object({ op: v.literal('not'), rule: ruleSchema }),
  ]),
);

export const columnMetaSchema: v.GenericSchema<ColumnMeta> = v.object({
  name,
  property: name,
  type: name,
  clientType: name,
  nullable: v.boolean(),
  default: v.nullable(text),
  setBy: v.picklist(['client', 'server']),
});

export const tableMetaSchema: v.GenericSchema<TableMeta> = v.object({
  name,
  entity: name,
  columns: v.pipe(v.array(columnMetaSchema), v.minLength(1), v.maxLength(MOST_COLUMNS)),
  serverOnly: v.pipe(v.array(name), v.maxLength(MOST_COLUMNS)),
  key: v.pipe(v.array(name), v.minLength(1), v.maxLength(32)),
  versionColumn: v.nullable(name),
  policy: v.picklist(['last-write-wins', 'server-wins', 'reject-stale']),
  read: ruleSchema,
  write: v.nullable(ruleSchema),
});

/** A schema that comes from a database row or over the wire. */
export const schemaMetaSchema: v.GenericSchema<SchemaMeta> = v.object({
  version: name,
  tables: v.pipe(v.array(tableMetaSchema), v.maxLength(MOST_TABLES)),
});
