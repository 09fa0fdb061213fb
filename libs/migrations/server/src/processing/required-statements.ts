import type { Catalog } from './catalog.js';
import type { ColumnFact } from './column-facts.js';
import type { Problems } from './problems.js';
import { kindOf, splitStatements } from './statements.js';
import type { RecordedStatement } from './record-migration.js';

/** What no migration may do, whatever the schema. */
export async function requireStatements(statements: readonly RecordedStatement[], problems: Problems): Promise<void> {
  for (const { sql } of statements) {
    for (const statement of await splitStatements(sql)) refuseKind(kindOf(statement), sql, problems);
  }
}

function refuseKind(kind: string, sql: string, problems: Problems): void {
  if (kind === 'SelectStmt') {
    problems.throw(
      'reads-rows',
      sql,
      'it reads: what the migration does might depend on the rows that it finds, and differ from what was recorded',
      'write the condition into an UPDATE, or use the methods of the query runner to look at tables',
    );
  }
  if (kind === 'TransactionStmt') {
    problems.throw('forbidden', sql, 'the whole migration is one transaction [M1]', 'leave it out');
  }
  if (kind === 'TruncateStmt' || kind === 'CopyStmt') {
    problems.throw('forbidden', sql, 'it is no change of a schema', 'write an INSERT, UPDATE or DELETE');
  }
}

/** A new column that must not be null, with nothing in it: it runs only as long as the table is empty. */
export function requireFilledColumns(facts: readonly ColumnFact[], before: Catalog, problems: Problems): void {
  const fact = facts.find(({ unfilled, table }) => unfilled && before.tables.has(table));
  if (!fact) return;
  problems.throw(
    'not-null-without-default',
    fact.statement,
    'rows that exist would have nothing in it: it fails on every database but an empty one',
    'give it a default, or add it nullable, fill it with UPDATE, and SET NOT NULL',
  );
}
