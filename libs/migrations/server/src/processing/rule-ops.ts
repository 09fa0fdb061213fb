import type { SchemaOp } from '@millrace/schema-compat';
import { findColumn, type ColumnMeta } from '@millrace/schema-meta';
import { findCatalogColumn, type Catalog, type CatalogRule, type EnumLabel } from './catalog.js';
import type { KeptTable, Observed } from './derived-ops.js';

type RuleOp = Extract<SchemaOp, { op: 'tighten' | 'relax' }>;

/** What writes to a table that stays have to keep from now on, and what no longer. Replicas have none of these rules [A3]. */
export function ruleOps(table: KeptTable, { catalogBefore, catalogAfter }: Observed): readonly SchemaOp[] {
  const columns = keptColumns(table);
  return [
    ...columns.flatMap((column) => nullOps(table, column)),
    ...columns.flatMap((column) => labelOps(table, column, { before: catalogBefore, after: catalogAfter })),
    ...columns.flatMap((column) => setterOps(table, column)),
    ...constraintOps(table, columns),
    ...writeRuleOps(table),
  ];
}

interface KeptColumn {
  readonly number: number;
  readonly before: ColumnMeta;
  readonly after: ColumnMeta;
}

function keptColumns({ before, after, was, is }: KeptTable): readonly KeptColumn[] {
  return after.columns.flatMap((column): KeptColumn[] => {
    const number = findCatalogColumn(is, column.name)?.number;
    const earlier = number === undefined ? undefined : was.columns.get(number);
    const meta = earlier && findColumn(before, earlier.name);
    return meta && number !== undefined ? [{ number, before: meta, after: column }] : [];
  });
}

const tighten = (table: KeptTable, column: string | null, rule: string): RuleOp => ({
  op: 'tighten',
  table: table.after.name,
  column,
  rule,
});
const relax = (table: KeptTable, column: string | null, rule: string): RuleOp => ({
  ...tighten(table, column, rule),
  op: 'relax',
});

function nullOps(table: KeptTable, { before, after }: KeptColumn): readonly SchemaOp[] {
  if (before.nullable === after.nullable) return [];
  return [after.nullable ? relax(table, after.name, 'not null') : tighten(table, after.name, 'not null')];
}

function labelOps(
  table: KeptTable,
  { before, after }: KeptColumn,
  catalogs: { readonly before: Catalog; readonly after: Catalog },
): readonly SchemaOp[] {
  const was = labelsOf(catalogs.before, before.type);
  const is = labelsOf(catalogs.after, after.type);
  if (!was || !is) {
    if (was) return [relax(table, after.name, `one of ${list(was)}`)];
    return is ? [tighten(table, after.name, `one of ${list(is)}`)] : [];
  }
  const renamed = was.flatMap(({ oid, label }) => {
    const now = is.find((other) => other.oid === oid);
    return now && now.label !== label ? [`'${label}' is '${now.label}' from now on`] : [];
  });
  const gone = was.filter(({ label }) => !is.some((other) => other.label === label));
  const fresh = is.filter(({ label }) => !was.some((other) => other.label === label));
  return [
    ...gone.map(({ label }) => tighten(table, after.name, `not '${label}'`)),
    ...fresh.map(({ label }) => relax(table, after.name, `not '${label}'`)),
    // The rows hold the label's number: the log says nothing of their new text.
    ...(renamed.length > 0 ? [{ op: 'reread', table: table.after.name, reason: renamed.join('; ') } as const] : []),
  ];
}

function labelsOf(catalog: Catalog, type: string): readonly EnumLabel[] | undefined {
  return catalog.enums.get(type.replace(/\[\]$/, ''));
}

function list(labels: readonly EnumLabel[]): string {
  return labels.map(({ label }) => `'${label}'`).join(', ');
}

function setterOps(table: KeptTable, { before, after }: KeptColumn): readonly SchemaOp[] {
  if (before.setBy === after.setBy) return [];
  const rule = 'set by the server';
  return [after.setBy === 'server' ? tighten(table, after.name, rule) : relax(table, after.name, rule)];
}

/** Rules about columns that come or go are no concern of whoever does not know these columns. */
function constraintOps(table: KeptTable, columns: readonly KeptColumn[]): readonly SchemaOp[] {
  const { was, is } = table;
  const touched = new Set(
    columns
      .filter(({ before, after }) => before.name !== after.name || before.type !== after.type)
      .map(({ number }) => number),
  );
  const isSame = (a: CatalogRule, b: CatalogRule): boolean => {
    if (a.oid === b.oid) return true;
    if (a.name !== b.name || a.columns.join() !== b.columns.join()) return false;
    // Postgres makes the rules of a column anew with its type, and prints them with its new name.
    return a.definition === b.definition || a.columns.some((number) => touched.has(number));
  };
  const concerns = ({ columns: numbers }: CatalogRule): boolean =>
    numbers.every((number) => number === 0 || (was.columns.has(number) && is.columns.has(number)));
  const columnOf = ({ columns: [number, ...more] }: CatalogRule): string | null =>
    more.length === 0 ? (columns.find((column) => column.number === number)?.after.name ?? null) : null;
  const gone = was.rules.filter((rule) => concerns(rule) && !is.rules.some((other) => isSame(rule, other)));
  const fresh = is.rules.filter((rule) => concerns(rule) && !was.rules.some((other) => isSame(other, rule)));
  return [
    ...gone.map((rule) => relax(table, columnOf(rule), rule.definition)),
    ...fresh.map((rule) => tighten(table, columnOf(rule), rule.definition)),
  ];
}

/** Which way it has gone can't be told from two expressions: for the careful. */
function writeRuleOps(table: KeptTable): readonly SchemaOp[] {
  const { before, after } = table;
  if (JSON.stringify(before.write) === JSON.stringify(after.write)) return [];
  if (before.write === null) return [relax(table, null, 'nobody writes')];
  return [tighten(table, null, after.write === null ? 'nobody writes' : 'other write rules')];
}
