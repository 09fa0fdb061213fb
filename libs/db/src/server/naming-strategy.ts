import { DefaultNamingStrategy, type Table, type NamingStrategyInterface } from 'typeorm';

/**
 * snake_case columns, and constraints named as Postgres itself would name them. TypeORM's own names are hashes, which say
 * nothing to the person who reads why a write was refused.
 */
export class PostgresNamingStrategy extends DefaultNamingStrategy implements NamingStrategyInterface {
  override columnName(propertyName: string, customName: string | undefined): string {
    return customName ?? snakeCase(propertyName);
  }

  override primaryKeyName(table: Table | string): string {
    return `${bareName(table)}_pkey`;
  }

  override uniqueConstraintName(table: Table | string, columns: string[]): string {
    return constraintName(table, columns, 'key');
  }

  override relationConstraintName(table: Table | string, columns: string[]): string {
    return constraintName(table, columns, 'key');
  }

  override foreignKeyName(table: Table | string, columns: string[]): string {
    return constraintName(table, columns, 'fkey');
  }

  override indexName(table: Table | string, columns: string[]): string {
    return constraintName(table, columns, 'idx');
  }
}

function constraintName(table: Table | string, columns: readonly string[], suffix: string): string {
  return [bareName(table), ...columns, suffix].join('_');
}

function bareName(table: Table | string): string {
  const name = typeof table === 'string' ? table : table.name;
  return name.slice(name.lastIndexOf('.') + 1);
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
