import type { PgText, Row } from '@millrace/kernel';
import { findTable, type SchemaMeta } from '@millrace/schema-meta';
import { LIMITS, type Mutation, type MutationChange } from '@millrace/sync-protocol';
import { toWire, type PendingMutation } from './pending-mutation.js';

const UUID = '00000000-0000-4000-8000-000000000000';
const encoder = new TextEncoder();

/**
 * Stands in a delete for an old value that is not sent. No text of Postgres holds NUL, so it equals no value there is: if the row's version has moved on, the
 * value counts as changed, as an old value does that an update leaves out [W7]. A delete that left it out would not be compared at all.
 */
const NOT_SENT = '\0';

/** Bytes of one push that its mutations may take, with what stands between them. */
export function pushRoom(schema: SchemaMeta): number {
  const envelope = { clientId: UUID, epoch: UUID, schemaVersion: schema.version, mutations: [] };
  return LIMITS.pushBytes - bytesOf(envelope);
}

/** As JSON in UTF-8. */
export function bytesOf(value: unknown): number {
  return encoder.encode(JSON.stringify(value)).length;
}

/**
 * What is sent of a pending mutation: all of it, if a push can carry that. Otherwise its largest old values stay here, where the server can do without: it
 * looks at them only if the row's version has moved on, or under a policy that never refuses [W7]. The same mutation gives the same each time.
 */
export function fitPush(mutation: PendingMutation, schema: SchemaMeta): Mutation {
  const whole = toWire(mutation);
  let over = bytesOf(whole) - pushRoom(schema);
  if (over <= 0) return whole;
  const unsent = whole.changes.map(() => new Set<string>());
  for (const { index, column, bytes } of dispensable(whole.changes, schema)) {
    if (over <= 0) break;
    unsent[index]?.add(column);
    over -= bytes;
  }
  return { ...whole, changes: whole.changes.map((change, index) => without(change, unsent[index] ?? new Set())) };
}

interface OldValue {
  readonly index: number;
  readonly column: string;
  readonly bytes: number;
}

/** Largest first. */
function dispensable(changes: readonly MutationChange[], schema: SchemaMeta): readonly OldValue[] {
  return changes
    .flatMap((change, index) =>
      canDoWithout(change, schema)
        ? Object.entries(change.old).map(([column, value]) => ({ index, column, bytes: bytesOf(value) }))
        : [],
    )
    .sort((a, b) => b.bytes - a.bytes);
}

function canDoWithout({ table, version }: MutationChange, schema: SchemaMeta): boolean {
  return version !== null || findTable(schema, table)?.policy === 'last-write-wins';
}

function without(change: MutationChange, columns: ReadonlySet<string>): MutationChange {
  if (columns.size === 0) return change;
  const old: [string, PgText][] = Object.entries(change.old).flatMap(([column, value]): [string, PgText][] => {
    if (!columns.has(column)) return [[column, value]];
    return change.operation === 'delete' ? [[column, NOT_SENT]] : [];
  });
  return { ...change, old: Object.fromEntries(old) satisfies Row };
}
