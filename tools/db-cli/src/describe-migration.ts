import type { SchemaMigration, SchemaOp } from '@millrace/schema-compat';

interface Standing {
  readonly released: boolean;
  readonly acknowledge: string | null;
}

/** What a migration is to clients, in a few lines. */
export function describeMigration(migration: SchemaMigration, { released, acknowledge }: Standing): string {
  const flags = [
    migration.kind,
    ...(migration.tightens ? ['tightens: older writes may be refused'] : []),
    ...(migration.relaxes ? ['relaxes: older replicas may meet new values'] : []),
    released ? 'released' : 'not released',
  ];
  return [
    `${migration.name}: ${migration.previous ?? 'nothing'} → ${migration.version} (${flags.join('; ')})`,
    ...(acknowledge === null ? [] : [`  acknowledged: ${acknowledge}`]),
    ...migration.ops.map((op) => `  ${describeOp(op)}`),
  ].join('\n');
}

function describeOp(op: SchemaOp): string {
  switch (op.op) {
    case 'add-table':
    case 'drop-table':
      return `${op.op} ${op.table.name}`;
    case 'rename-table':
      return `rename-table ${op.from} → ${op.to}`;
    case 'add-column':
      return `add-column ${op.table}.${op.column.name} ${op.column.type}${op.value === null ? '' : `, rows get ${op.value}`}`;
    case 'drop-column':
      return `drop-column ${op.table}.${op.column.name}`;
    case 'rename-column':
      return `rename-column ${op.table}.${op.from} → ${op.to}`;
    case 'change-type':
      return `change-type ${op.table}.${op.column} ${op.from} → ${op.to}${op.using === null ? '' : ` by ${op.using}`}`;
    case 'tighten':
    case 'relax':
      return `${op.op} ${op.table}${op.column === null ? '' : `.${op.column}`}: ${op.rule}`;
    case 'reread':
      return `reread ${op.table}: ${op.reason}`;
  }
}
