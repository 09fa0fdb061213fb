import { dependenciesOf } from '@millrace/entities-shared';
import { hasColumn, type Row } from '@millrace/kernel';
import {
  findTable,
  type SchemaMeta,
  type TableMeta,
  type ValidationIssue,
  type Validators,
} from '@millrace/schema-meta';
import { validateSync, type ValidationError } from 'class-validator';
import { typedValue } from './typed-value.js';

/** A class whose properties carry class-validator's rules. */
export type RuledClass = new () => object;

/**
 * The engine's validators port over entity classes.
 * @param classes by entity name, as the schema has it
 */
export function entityValidators(schema: SchemaMeta, classes: Readonly<Record<string, RuledClass>>): Validators {
  return {
    validate(tableName, row, changed) {
      const table = findTable(schema, tableName);
      if (!table || !Object.hasOwn(classes, table.entity)) return [];
      const entity = entityOf(classes[table.entity] as RuledClass, table, row);
      return issuesOf(table, validateSync(entity, OPTIONS), new Set(changed));
    },
  };
}

/** A class without a rule is valid; messages never quote values, which may be somebody else's (I8). */
const OPTIONS = { forbidUnknownValues: false, validationError: { target: false, value: false } } as const;

function entityOf(entityClass: RuledClass, table: TableMeta, row: Row): object {
  const entity = new entityClass();
  for (const column of table.columns) {
    if (!hasColumn(row, column.name)) continue;
    Object.assign(entity, { [column.property]: typedValue(column.type, row[column.name] ?? null) });
  }
  return entity;
}

function issuesOf(
  table: TableMeta,
  errors: readonly ValidationError[],
  changed: ReadonlySet<string>,
): ValidationIssue[] {
  const columnOf = new Map(table.columns.map((column) => [column.property, column.name]));
  return errors.flatMap((error) => {
    const column = columnOf.get(error.property) ?? error.property;
    return Object.entries(error.constraints ?? {})
      .filter(([rule]) => isTouched([error.property, ...dependenciesOf(error.contexts?.[rule])]))
      .map(([, message]) => ({ column, message }));
  });

  /** A write answers for the columns that it sets, and for rules between one of these and others; not for what was in the row before. */
  function isTouched(properties: readonly string[]): boolean {
    return properties.some((property) => changed.has(columnOf.get(property) ?? property));
  }
}
