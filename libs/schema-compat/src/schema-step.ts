import type { SchemaMeta } from '@millrace/schema-meta';
import type { SchemaStep } from './schema-migration.js';
import type { SchemaOp } from './schema-op.js';

export function schemaBefore({ migration, direction }: SchemaStep): SchemaMeta {
  return direction === 'up' ? migration.before : migration.after;
}

export function schemaAfter({ migration, direction }: SchemaStep): SchemaMeta {
  return direction === 'up' ? migration.after : migration.before;
}

/**
 * In force behind a step, where `schema` was before it. A step that does not start from there changes nothing: it was recorded after the fact, for a
 * database that had taken it already.
 */
export function schemaBehind(schema: SchemaMeta, step: SchemaStep): SchemaMeta {
  return schemaBefore(step).version === schema.version ? schemaAfter(step) : schema;
}

/** What a replica runs for it. */
export function clientStatements({ migration, direction }: SchemaStep): readonly string[] {
  return direction === 'up' ? migration.clientUp : migration.clientDown;
}

/** Its ops in the order in which they take place. */
export function opsOf({ migration, direction }: SchemaStep): readonly SchemaOp[] {
  return direction === 'up' ? migration.ops : [...migration.ops].reverse().map(invert);
}

export function reversed({ migration, direction }: SchemaStep): SchemaStep {
  return { migration, direction: direction === 'up' ? 'down' : 'up' };
}

function invert(op: SchemaOp): SchemaOp {
  switch (op.op) {
    case 'add-table':
      return { op: 'drop-table', table: op.table };
    case 'drop-table':
      return { op: 'add-table', table: op.table };
    case 'rename-table':
    case 'rename-column':
      return { ...op, from: op.to, to: op.from };
    case 'add-column':
      return { op: 'drop-column', table: op.table, column: op.column };
    case 'drop-column':
      return { op: 'add-column', table: op.table, column: op.column, value: null };
    case 'change-type':
      return {
        ...op,
        from: op.to,
        to: op.from,
        clientFrom: op.clientTo,
        clientTo: op.clientFrom,
        using: op.back,
        back: op.using,
      };
    case 'tighten':
      return { ...op, op: 'relax' };
    case 'relax':
      return { ...op, op: 'tighten' };
    case 'reread':
      return op;
  }
}
