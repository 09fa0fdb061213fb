import { ERROR_CATALOGUE, type ErrorCode, type PgText, type Row } from '@millrace/kernel';
import { fits } from '@millrace/schema-compat';
import { columnOf, migrationOf, schemaWith, tableOf } from '@millrace/schema-compat/testing';
import fc from 'fast-check';
import type { ClientMessage } from '../client-message.js';
import type { Mutation, MutationChange, PushConflict, PushRequest } from '../http/push.js';
import { resyncCauses } from '../messages/resync.js';
import type { RowChange } from '../messages/changes.js';
import type { MutationResult } from '../schemas.js';
import type { ServerMessage } from '../server-message.js';

const uuid = fc.uuid();
const name = fc.string({ minLength: 1, maxLength: 20 });
const seq = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String);
const hex = fc.constantFrom(...'0123456789abcdef');
const position = fc.record({ epoch: uuid, seq, chain: fc.string({ unit: hex, minLength: 32, maxLength: 32 }) });
const count = fc.nat();
const mutationId = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

const columnName = fc.oneof(
  { weight: 5, arbitrary: name },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'toString') },
);
const value: fc.Arbitrary<PgText> = fc.option(fc.string({ unit: 'binary' }), { nil: null });
const row: fc.Arbitrary<Row> = fc.array(fc.tuple(columnName, value), { maxLength: 4 }).map((entries) => {
  const built = Object.create(null) as Record<string, PgText>;
  for (const [column, text] of entries) built[column] = text;
  return built;
});

const reason = fc.record(
  { code: name, message: fc.string(), table: name, columns: fc.array(name, { maxLength: 3 }), constraint: name },
  { requiredKeys: ['code', 'message'] },
);
const mutationResult: fc.Arbitrary<MutationResult> = fc.record({
  mutationId,
  txId: uuid,
  verdict: fc.constantFrom('accepted' as const, 'merged' as const, 'rejected' as const),
  reason: fc.option(reason, { nil: null }),
});

const rowChange: fc.Arbitrary<RowChange> = fc.oneof(
  fc.record({ op: fc.constant('put' as const), table: name, row }),
  fc.record({ op: fc.constant('patch' as const), table: name, key: row, set: row }),
  fc.record({ op: fc.constant('remove' as const), table: name, key: row }),
  fc.record({ op: fc.constant('truncate' as const), table: name }),
);

export const clientMessages: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.record({
    type: fc.constant('hello' as const),
    protocol: count,
    clientId: uuid,
    position,
    schemaVersion: name,
    appVersion: name,
    scope: name,
    ackedMutation: fc.oneof(fc.constant(0 as const), mutationId),
  }),
  fc.record({ type: fc.constant('received' as const), seq, chars: count }),
  fc.record({ type: fc.constant('auth' as const), token: name }),
  fc.record({ type: fc.constant('verify' as const) }),
);

const digits = fc.bigInt({ min: 0n, max: 2n ** 63n }).map(String);
const tableHash = fc.record({ algorithm: name, count: digits, hash: digits });

const migration = fc
  .record({ clientUp: fc.array(name, { maxLength: 2 }), clientDown: fc.array(name, { maxLength: 2 }) })
  .map((sql) => {
    const notes = tableOf({ name: 'notes', columns: ['id'] });
    const column = columnOf('body');
    const after = { ...notes, columns: [...notes.columns, column] };
    return migrationOf({
      before: schemaWith('1.0.0', notes),
      after: schemaWith('1.1.0', after),
      ops: [{ op: 'add-column', table: 'notes', column, value: null }],
      ...sql,
    });
  });

export const serverMessages: fc.Arbitrary<ServerMessage> = fc.oneof(
  fc.record({
    type: fc.constant('welcome' as const),
    protocol: count,
    head: position,
    schema: fc.record({ version: name, fit: fc.constantFrom(...fits) }),
    verdicts: fc.array(mutationResult, { maxLength: 3 }),
    window: fc.integer({ min: 1 }),
  }),
  fc.record({ type: fc.constant('begin' as const), from: seq, time: fc.option(fc.string(), { nil: null }) }),
  fc.record({ type: fc.constant('changes' as const), changes: fc.array(rowChange, { maxLength: 4 }) }),
  fc.record({
    type: fc.constant('schema-change' as const),
    fit: fc.constantFrom('must-migrate' as const, 'must-update-app' as const, 'translate' as const),
    migration,
    direction: fc.constantFrom('up' as const, 'down' as const),
  }),
  fc.record({ type: fc.constant('commit' as const), position, mutation: fc.option(mutationResult, { nil: null }) }),
  fc.record({ type: fc.constant('resync' as const), cause: fc.constantFrom(...resyncCauses), message: fc.string() }),
  fc.record({
    type: fc.constant('fill' as const),
    tables: fc.array(name, { minLength: 1, maxLength: 3 }),
    cause: fc.constantFrom(...resyncCauses),
    atLeast: seq,
  }),
  fc.record({
    type: fc.constant('checkpoint' as const),
    from: position,
    to: position,
    tables: fc.array(fc.record({ name, hash: tableHash, builds: fc.array(uuid, { maxLength: 2 }) }), { maxLength: 3 }),
  }),
  fc.record({
    type: fc.constant('error' as const),
    code: fc.constantFrom(...(Object.keys(ERROR_CATALOGUE) as ErrorCode[])),
    message: fc.string(),
  }),
);

const mutationChange: fc.Arbitrary<MutationChange> = fc.record({
  table: name,
  operation: fc.constantFrom('insert' as const, 'update' as const, 'delete' as const),
  key: row,
  set: row,
  old: row,
  version: fc.option(fc.string(), { nil: null }),
});
const mutation: fc.Arbitrary<Mutation> = fc.record({
  mutationId,
  txId: uuid,
  changes: fc.array(mutationChange, { minLength: 1, maxLength: 3 }),
});

export const pushRequests: fc.Arbitrary<PushRequest> = fc.record({
  clientId: uuid,
  epoch: uuid,
  schemaVersion: name,
  mutations: fc.array(mutation, { minLength: 1, maxLength: 3 }),
});

export const pushConflicts: fc.Arbitrary<PushConflict> = fc.record({
  code: fc.constantFrom('mutation-order' as const, 'epoch-changed' as const),
  message: fc.string(),
  epoch: uuid,
  lastMutationId: count,
  known: fc.array(mutationResult, { maxLength: 3 }),
});

/** A value that JSON can hold, with one place of it replaced by another value or taken away. */
export function damaged(whole: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const junk = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(-1, 1.5, 1e300, '', '\0', '9'.repeat(20), 'A'.repeat(300), [], {}, undefined),
  );
  return fc.tuple(whole, fc.nat(), junk).map(([value, place, replacement]) => {
    const copy = JSON.parse(JSON.stringify(value)) as unknown;
    const places = placesOf(copy);
    const [holder, key] = places[place % places.length] ?? [null, ''];
    if (holder)
      Object.defineProperty(holder, key, { value: replacement, enumerable: true, configurable: true, writable: true });
    return copy;
  });
}

function placesOf(value: unknown): [object, string][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => [[value, key] as [object, string], ...placesOf(part)]);
}
