import type { PGlite } from '@electric-sql/pglite';

/** A table that a statement reads, as its change channel names it. */
export interface ReadTable {
  readonly schema: string;
  readonly table: string;
}

interface PlanNode {
  readonly 'Relation Name'?: string;
  readonly Schema?: string;
  readonly Plans?: readonly PlanNode[];
}

/**
 * The tables that a statement reads, by the planner's own account: through views, sub-queries and CTEs, and without those that cannot matter
 * (a join that the planner proves useless). Throws what Postgres says of a wrong statement.
 */
export async function tableDependencies(pg: PGlite, sql: string): Promise<readonly ReadTable[]> {
  // A generic plan, by the simple protocol: parameters need no values, and the statement stays as it was written.
  const [result] = await pg.exec(`explain (generic_plan, verbose, format json) ${sql}`);
  const plans = Object.values(result?.rows[0] ?? {})[0] as readonly { readonly Plan: PlanNode }[] | undefined;
  const tables = new Map<string, ReadTable>();
  for (const { Plan } of plans ?? []) collect(Plan, tables);
  return [...tables.values()];
}

function collect(node: PlanNode, tables: Map<string, ReadTable>): void {
  const { 'Relation Name': table, Schema: schema } = node;
  if (table && schema) tables.set(JSON.stringify([schema, table]), { schema, table });
  for (const child of node.Plans ?? []) collect(child, tables);
}
