import { tableName } from '@millrace/schema-meta';
import type { Observer } from './record-migration.js';
import { at, kindOf, listAt, textAt, type Ast, type Statement } from './statements.js';
import type { RunSql } from './sql-runner.js';

/** What the catalog does not tell of a column afterwards: how its values came to be. */
export interface ColumnFact {
  readonly what: 'added' | 'retyped';
  readonly statement: string;
  /** Of the table, and the number of the column in it: these stay when names change. */
  readonly table: string;
  readonly number: number;
  /** Of a new column, the default that its rows got; of one with another type, what they were converted by. null: none was stated. */
  readonly expression: Ast | null;
  /** A new column that must not be null, with nothing to fill it. */
  readonly unfilled: boolean;
}

/** Notes down what each statement does to columns. */
export function columnFacts(): { readonly facts: readonly ColumnFact[]; readonly observe: Observer } {
  const facts: ColumnFact[] = [];
  return {
    facts,
    observe: async (statement, run) => {
      for (const stated of statedFacts(statement)) {
        const place = await findColumn(run, stated.table, stated.column);
        if (place) facts.push({ ...stated.fact, ...place });
      }
    },
  };
}

interface StatedFact {
  readonly table: string;
  readonly column: string;
  readonly fact: Omit<ColumnFact, 'table' | 'number'>;
}

function statedFacts(statement: Statement): readonly StatedFact[] {
  if (kindOf(statement) !== 'AlterTableStmt') return [];
  const relation = at(statement.ast, 'AlterTableStmt', 'relation');
  const table = tableName(textAt(relation, 'schemaname') ?? 'public', textAt(relation, 'relname') ?? '');
  return listAt(statement.ast, 'AlterTableStmt', 'cmds').flatMap((command) => {
    const definition = at(command, 'AlterTableCmd', 'def', 'ColumnDef');
    switch (textAt(command, 'AlterTableCmd', 'subtype')) {
      case 'AT_AddColumn':
        return [{ table, column: textAt(definition, 'colname') ?? '', fact: addedFact(statement.sql, definition) }];
      case 'AT_AlterColumnType': {
        const expression = at(definition, 'raw_default') ?? null;
        const fact = { what: 'retyped', statement: statement.sql, expression, unfilled: false } as const;
        return [{ table, column: textAt(command, 'AlterTableCmd', 'name') ?? '', fact }];
      }
      default:
        return [];
    }
  });
}

function addedFact(statement: string, definition: Ast | undefined): StatedFact['fact'] {
  const constraints = listAt(definition, 'constraints').map((item) => at(item, 'Constraint'));
  const find = (kind: string) => constraints.find((constraint) => textAt(constraint, 'contype') === kind);
  const expression = at(find('CONSTR_DEFAULT'), 'raw_expr') ?? null;
  const must = find('CONSTR_NOTNULL') ?? find('CONSTR_PRIMARY');
  const filled = expression ?? find('CONSTR_GENERATED') ?? find('CONSTR_IDENTITY') ?? serialType(definition);
  return { what: 'added', statement, expression, unfilled: must !== undefined && filled === null };
}

function serialType(definition: Ast | undefined): string | null {
  const name = textAt(listAt(definition, 'typeName', 'names').at(-1), 'String', 'sval') ?? '';
  return /^(small|big)?serial\d?$/.test(name) ? name : null;
}

async function findColumn(run: RunSql, table: string, column: string) {
  const [schema, name] = table.includes('.') ? table.split('.') : ['public', table];
  const rows = await run<{ table: string; number: number }>(
    `select c.oid::text as table, a.attnum::int as number from pg_attribute a join pg_class c on c.oid = a.attrelid
      join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2 and a.attname = $3`,
    [schema, name, column],
  );
  return rows[0];
}
