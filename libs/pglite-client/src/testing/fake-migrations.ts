import type { PgText, Row } from '@millrace/kernel';
import {
  changeOfStep,
  translateQueued,
  type ClientMigration,
  type Convert,
  type ReplicaChange,
} from '@millrace/migrations-client';
import { translateRow, type SchemaStep } from '@millrace/schema-compat';
import { findTable, keyText } from '@millrace/schema-meta';
import { reasonOf, type PendingChange, type RejectedMutation } from '../core/pending-mutation.js';
import type { FakeContent } from './fake-database.js';

type Rows = ReadonlyMap<string, Row>;

/** A step, on the content of a fake database: what the real store lets Postgres do to base rows, and the same to queued writes. */
export async function fakeStep(content: FakeContent, step: SchemaStep): Promise<FakeContent> {
  const change = changeOfStep(step);
  if (content.schema.version === change.after.version) return content;
  return { ...(await toldIn(content, change)), base: stepped(content.base, step, change) };
}

/** The schema that is there now, whatever the way to it: tables that are other ones are empty, and there is no cursor. */
export async function fakeAdopt(content: FakeContent, change: ReplicaChange): Promise<FakeContent> {
  return { ...(await toldIn(content, change)), base: new Map(), changedAt: new Map(), position: null, scope: null };
}

/** The record of migrations with one more. */
export function withMigration(
  migrations: readonly ClientMigration[],
  { migration, direction }: SchemaStep,
  { byApp }: { readonly byApp: boolean },
): readonly ClientMigration[] {
  const applied = direction === 'up';
  const noted: ClientMigration = {
    migration,
    direction: byApp ? 'up' : direction,
    applied,
    appliedAt: byApp ? null : '2026-01-01 00:00:00+00',
    error: null,
    retryCount: 0,
  };
  const others = migrations.filter((each) => each.migration.name !== migration.name);
  return [...others, noted].sort((a, b) => a.migration.timestamp - b.migration.timestamp);
}

function stepped(base: FakeContent['base'], step: SchemaStep, { after }: ReplicaChange): FakeContent['base'] {
  const next = new Map<string, Rows>();
  for (const [name, rows] of base)
    for (const row of rows.values()) {
      const told = translateRow({ table: name, row }, [step], { whole: true });
      const table = told && findTable(after, told.table);
      if (!told || !table) continue;
      const others = next.get(table.name) ?? new Map<string, Row>();
      next.set(table.name, new Map([...others, [keyText(table, told.row), told.row]]));
    }
  return next;
}

/** Queued writes in the words of the next schema, or refused one by one (I2). */
async function toldIn(content: FakeContent, change: ReplicaChange): Promise<FakeContent> {
  const queued = content.pending.flatMap((mutation) =>
    mutation.changes.map((one) => ({ change: one, answered: mutation.answer !== null })),
  );
  const told = [...(await translateQueued(queued, change.ops, convert))];
  const pending: FakeContent['pending'][number][] = [];
  const rejected: RejectedMutation[] = [...content.rejected];
  for (const mutation of content.pending) {
    const own = told.splice(0, mutation.changes.length);
    const changes = own.flatMap((one) => (one.kind === 'told' ? [one.change as PendingChange] : []));
    const untold = own.find((one) => one.kind === 'untold');
    if (!untold || (mutation.answer !== null && changes.length > 0)) pending.push({ ...mutation, changes });
    else if (mutation.answer === null || mutation.answer.verdict === 'rejected') {
      const { txId, mutationId, answer } = mutation;
      const { table, message } = untold.reason;
      const reason = answer ? reasonOf(answer) : { code: 'schema-changed', message, table };
      rejected.push({ txId, mutationId, reason, changes: mutation.changes });
    }
  }
  return { ...content, schema: change.after, pending, rejected };
}

const WHOLE_NUMBER = /^-?[0-9]+$/;

/** The fake knows numbers and text. */
const convert: Convert = ({ clientTo }, values) =>
  Promise.resolve(
    values.map((value): PgText | undefined => (/int/.test(clientTo) && !WHOLE_NUMBER.test(value) ? undefined : value)),
  );
