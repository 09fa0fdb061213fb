import type { SchemaOp } from '@millrace/schema-compat';
import type { SchemaMeta, TableMeta } from '@millrace/schema-meta';
import { columnOps } from './column-ops.js';
import { findCatalogTable, type Catalog, type CatalogTable } from './catalog.js';
import type { ColumnFact } from './column-facts.js';
import { inRenameOrder } from './rename-order.js';
import { ruleOps } from './rule-ops.js';
import type { Problems } from './problems.js';
import type { ExpressionTrial } from './expression-trial.js';

/** A migration as it was run: the schemas that it leads from and to, and what the database had at both ends. */
export interface Observed {
  readonly before: SchemaMeta;
  readonly after: SchemaMeta;
  readonly catalogBefore: Catalog;
  readonly catalogAfter: Catalog;
  readonly upFacts: readonly ColumnFact[];
  readonly downFacts: readonly ColumnFact[];
  readonly trial: ExpressionTrial;
  readonly problems: Problems;
}

/** A synced table that is there, and synced, at both ends. */
export interface KeptTable {
  readonly before: TableMeta;
  readonly after: TableMeta;
  readonly was: CatalogTable;
  readonly is: CatalogTable;
}

/**
 * What the migration does to what clients hold. Tables and columns are followed by their numbers in the catalog, so that a rename is a rename, however
 * it was written; in an order in which each op finds the names that it speaks of.
 */
export async function deriveOps(observed: Observed): Promise<readonly SchemaOp[]> {
  const { before, after, catalogBefore, catalogAfter, problems } = observed;
  const was = tablesByOid(before, catalogBefore);
  const is = tablesByOid(after, catalogAfter);
  const kept = [...is].flatMap(([oid, now]): KeptTable[] => {
    const then = was.get(oid);
    return then ? [{ before: then.meta, after: now.meta, was: then.table, is: now.table }] : [];
  });
  const dropped = [...was].filter(([oid]) => !is.has(oid)).map(([, { meta }]) => meta);
  const added = [...is].filter(([oid]) => !was.has(oid));
  const renames = inRenameOrder(
    kept
      .filter(({ before, after }) => before.name !== after.name)
      .map(({ before, after }) => [before.name, after.name]),
    () => problems.throw('unsupported', null, 'tables swap their names', 'rename them in two migrations'),
  );
  const ops: SchemaOp[] = [
    ...dropped.map((table): SchemaOp => ({ op: 'drop-table', table })),
    ...renames.map(([from, to]): SchemaOp => ({ op: 'rename-table', from, to })),
  ];
  for (const table of kept) ops.push(...(await opsOfKeptTable(table, observed)));
  for (const [oid, { meta }] of added) {
    ops.push({ op: 'add-table', table: meta });
    if (catalogBefore.tables.has(oid)) ops.push({ op: 'reread', table: meta.name, reason: 'it is synced from now on' });
  }
  return ops;
}

async function opsOfKeptTable(table: KeptTable, observed: Observed): Promise<readonly SchemaOp[]> {
  const { before, after } = table;
  const columns = await columnOps(table, observed);
  const reasons = [...columns.rereads];
  if (JSON.stringify(before.read) !== JSON.stringify(after.read)) reasons.push('who may read which rows has changed');
  return [
    ...columns.ops,
    ...ruleOps(table, observed),
    ...columns.added,
    ...(reasons.length > 0 ? [{ op: 'reread', table: after.name, reason: reasons.join('; ') } as const] : []),
  ];
}

function tablesByOid(
  schema: SchemaMeta,
  catalog: Catalog,
): ReadonlyMap<string, { readonly meta: TableMeta; readonly table: CatalogTable }> {
  return new Map(
    schema.tables.flatMap((meta) => {
      const table = findCatalogTable(catalog, meta.name);
      return table ? [[table.oid, { meta, table }] as const] : [];
    }),
  );
}
