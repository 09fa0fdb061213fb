import { bumpVersion, type Bump, type MigrationKind, type SchemaOp } from '@millrace/schema-compat';
import type { MigrationNotes } from './migration-source.js';
import type { Problems } from './problems.js';
import { typeChange } from './type-change.js';

/** What a migration means to apps and replicas. */
export interface Classification {
  readonly kind: MigrationKind;
  readonly tightens: boolean;
  readonly relaxes: boolean;
}

/** By its ops alone. */
export function classify(ops: readonly SchemaOp[]): Classification {
  const kinds = ops.map(kindOf);
  return {
    kind: kinds.includes('breaking') ? 'breaking' : kinds.length > 0 ? 'additive' : 'patch',
    tightens: ops.some(tightens),
    relaxes: ops.some((op) => op.op === 'relax' || (op.op === 'change-type' && !op.sameText)),
  };
}

/** Whether an app that does not know of it goes on as before. */
function kindOf(op: SchemaOp): MigrationKind {
  switch (op.op) {
    case 'add-table':
    case 'add-column':
    case 'relax':
    case 'reread':
      return 'additive';
    case 'change-type':
      return isHarmless(op) ? 'additive' : 'breaking';
    case 'drop-table':
    case 'drop-column':
    case 'rename-table':
    case 'rename-column':
    case 'tighten':
      return 'breaking';
  }
}

function isHarmless({ clientFrom, clientTo, using }: Extract<SchemaOp, { op: 'change-type' }>): boolean {
  return using === null && typeChange(clientFrom, clientTo).sameForApps;
}

/** What an older client writes may be refused. */
function tightens(op: SchemaOp): boolean {
  switch (op.op) {
    case 'tighten':
    case 'drop-table':
    case 'drop-column':
      return true;
    case 'change-type':
      return !typeChange(op.clientFrom, op.clientTo).widens;
    default:
      return false;
  }
}

const ORDER: readonly MigrationKind[] = ['patch', 'additive', 'breaking'];
const BUMP: Readonly<Record<MigrationKind, Bump>> = { patch: 'patch', additive: 'minor', breaking: 'major' };

/** As computed, or as the author says: more at will, less with a reason. */
export function declaredKind(computed: MigrationKind, notes: MigrationNotes, problems: Problems): MigrationKind {
  const { declare = computed, acknowledge } = notes;
  if (ORDER.indexOf(declare) >= ORDER.indexOf(computed)) return declare;
  if (acknowledge !== undefined && acknowledge.trim() !== '') return declare;
  problems.throw(
    'lowered',
    null,
    `it is declared ${declare}, but amounts to ${computed}`,
    `say why that is right: static readonly schema = { declare: '${declare}', acknowledge: '…' }, or leave the declaration out`,
  );
}

export const FIRST_VERSION = '1.0.0';

/** The version after `previous`. `taken`: versions that are already somebody's: a version means one schema for ever [M2]. */
export function nextVersion(previous: string | null, kind: MigrationKind, taken: readonly string[] = []): string {
  let version = previous === null ? FIRST_VERSION : bumpVersion(previous, BUMP[kind]);
  while (taken.includes(version)) version = bumpVersion(version, BUMP[kind]);
  return version;
}
