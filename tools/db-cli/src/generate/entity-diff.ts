import { at, kindOf, listAt, splitStatements, textAt, type RunSql } from '@millrace/migrations-server/processing';
import { UserError } from '@millrace/processes';
import { quoteIdent, quoteTable, tableName } from '@millrace/schema-meta';
import type { DataSource } from 'typeorm';
import type { TwoWay } from './two-way-statement.js';

/** What TypeORM would do to bring the tables to the entities. */
export async function entityDiff(source: DataSource): Promise<TwoWay> {
  const { upQueries, downQueries } = await source.driver.createSchemaBuilder().log();
  return { up: upQueries.map(({ query }) => query), down: downQueries.map(({ query }) => query).reverse() };
}

/**
 * The same, with rows in mind: columns that become NOT NULL are filled first where the entity says with what.
 * @throws UserError if it would drop a column and add it anew
 */
export async function safeEntityDiff(source: DataSource): Promise<TwoWay> {
  const { up, down } = await entityDiff(source);
  await refuseReplacedColumns(up);
  const filled: string[] = [];
  for (const statement of up) filled.push(...(await backfill(source, statement)), statement);
  return { up: filled, down };
}

interface ColumnCommand {
  readonly table: string;
  readonly column: string;
  readonly subtype: string;
}

async function columnCommands(statement: string): Promise<readonly ColumnCommand[]> {
  const statements = await splitStatements(statement);
  return statements
    .filter((parsed) => kindOf(parsed) === 'AlterTableStmt')
    .flatMap(({ ast }) => {
      const relation = at(ast, 'AlterTableStmt', 'relation');
      const table = tableName(textAt(relation, 'schemaname') ?? 'public', textAt(relation, 'relname') ?? '');
      return listAt(ast, 'AlterTableStmt', 'cmds').map((command) => ({
        table,
        column:
          textAt(command, 'AlterTableCmd', 'name') ??
          textAt(command, 'AlterTableCmd', 'def', 'ColumnDef', 'colname') ??
          '',
        subtype: textAt(command, 'AlterTableCmd', 'subtype') ?? '',
      }));
    });
}

async function refuseReplacedColumns(statements: readonly string[]): Promise<void> {
  const commands = (await Promise.all(statements.map(columnCommands))).flat();
  const replaced = commands.find(
    ({ subtype, table, column }) =>
      subtype === 'AT_DropColumn' &&
      commands.some((other) => other.subtype === 'AT_AddColumn' && other.table === table && other.column === column),
  );
  if (!replaced) return;
  const { table, column } = replaced;
  throw new UserError(`${table}.${column} would be dropped and added anew`, {
    why: 'TypeORM knows no other way to this change of the column, and what is in it would be lost',
    wayOut: [
      'npm run migration:create -- <name>, and write how its values are converted',
      'or change one thing of the column at a time',
    ],
  });
}

/** Rows that have nothing in a column that must not be null get its default. */
async function backfill(source: DataSource, statement: string): Promise<readonly string[]> {
  const commands = await columnCommands(statement);
  return commands.flatMap(({ table, column, subtype }) => {
    if (subtype !== 'AT_SetNotNull') return [];
    const entity = source.entityMetadatas.find((meta) => tableName(meta.schema ?? 'public', meta.tableName) === table);
    const meta = entity?.findColumnWithDatabaseName(column);
    const byDefault = meta && source.driver.normalizeDefault(meta);
    if (byDefault === undefined) return [];
    const name = quoteIdent(column);
    return [`UPDATE ${quoteTable(table)} SET ${name} = ${byDefault} WHERE ${name} IS NULL`];
  });
}

/** Runs the statements; one that Postgres refuses is refused here, with its words. */
export async function runAll(run: RunSql, statements: readonly string[]): Promise<void> {
  for (const statement of statements) {
    try {
      await run(statement);
    } catch (cause) {
      throw new UserError(
        'the change of the entities can’t be written as a migration',
        {
          why: `${cause instanceof Error ? cause.message : String(cause)}\n           in: ${statement}`,
          wayOut: ['npm run migration:create -- <name>, and write it by hand'],
        },
        cause,
      );
    }
  }
}
