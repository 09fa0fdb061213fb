import { SyncError } from '@millrace/kernel';
import type { SchemaMigration } from '@millrace/schema-compat';
import type { ServerMessage } from '@millrace/sync-protocol';
import { addColor, dropAll } from '../testing/conformance-migrations.js';
import { at, EPOCH, frames, uuid } from '../testing/conformance/client-store-world.js';
import { welcomeAt } from '../testing/scripted-transport.js';
import type { ClientEffect } from './client-effect.js';
import type { ClientEvent } from './client-event.js';
import { reduceClient } from './client-reducer.js';
import { initialState, type ClientState } from './client-state.js';
import { statusOf } from './client-status.js';
import type { StoreSummary } from './ports/client-store.js';
import type { MigrationMode } from './schema-state.js';

const summary = (seq: number, more: Partial<StoreSummary> = {}): StoreSummary => ({
  position: at(seq),
  scope: 'scope-1',
  schemaVersion: '1.0.0',
  ackedMutation: 0,
  unsent: 0,
  pending: 0,
  rejected: 0,
  ...more,
});

function play(events: readonly ClientEvent[], mode: MigrationMode = 'auto') {
  let state: ClientState = initialState({ appVersion: '1.0.0', migrations: mode, connect: true });
  let effects: readonly ClientEffect[] = [];
  for (const event of events) ({ state, effects } = reduceClient(state, event));
  return { state, effects };
}

const says = (...messages: readonly ServerMessage[]): ClientEvent => ({
  type: 'socket-message',
  connection: 1,
  messages,
  chars: 100,
});
const welcome = (fit: 'same' | 'must-migrate' | 'must-update-app' | 'must-resync', version: string): ServerMessage =>
  ({ ...welcomeAt(10), schema: { version, fit } }) as ServerMessage;
const live = (first: ServerMessage, store = summary(10)): readonly ClientEvent[] => [
  { type: 'opened', store: { clientId: uuid(1), outboxEpoch: EPOCH, summary: store } },
  { type: 'socket-opened', connection: 1, tokenLifeMs: null },
  says(first),
];
const stepFrame = (
  migration: SchemaMigration,
  fit: 'must-migrate' | 'must-update-app' | 'translate' = 'must-migrate',
): ServerMessage => ({ type: 'schema-change', fit, migration, direction: 'up' });
const withStep = (from: number, to: number, migration: SchemaMigration): readonly ServerMessage[] => {
  const [begin, ...rest] = frames(from, to, []);
  return [begin!, stepFrame(migration), ...rest];
};
const applies = (effects: readonly ClientEffect[]) =>
  effects.flatMap((effect) =>
    effect.type === 'apply'
      ? [effect.transactions.map(({ position, steps }) => [Number(position.seq), steps[0]?.migration.name ?? null])]
      : [],
  );
const applied = (seq: number, schemaVersion: string): ClientEvent => ({
  type: 'applied',
  summary: summary(seq, { schemaVersion }),
});
const schemaOf = (state: ClientState) => statusOf(state).schema;

describe('[M3] migrations in the stream', () => {
  it('are taken at their place, each by itself', () => {
    const stream = says(...frames(10, 11, []), ...withStep(11, 12, addColor), ...frames(12, 13, []));
    const begun = [...live(welcome('must-migrate', '1.1.0')), stream];
    expect(applies(play(begun).effects)).toEqual([[[11, null]]]);
    expect(applies(play([...begun, applied(11, '1.0.0')]).effects)).toEqual([[[12, addColor.name]]]);
    const taken = play([...begun, applied(11, '1.0.0'), applied(12, '1.1.0')]);
    expect(applies(taken.effects)).toEqual([[[13, null]]]);
    expect(taken.effects).toContainEqual({ type: 'migration-ended', name: addColor.name, error: null });
    expect(schemaOf(taken.state)).toMatchObject({ version: '1.1.0', app: '1.0.0', inForce: '1.1.0', fit: 'same' });
  });

  it.each<[string, readonly ServerMessage[]]>([
    ['outside a transaction', [stepFrame(addColor)]],
    [
      'after changes, which would be told in two schemas',
      [frames(10, 11, [])[0]!, { type: 'changes', changes: [{ op: 'truncate', table: 'items' }] }, stepFrame(addColor)],
    ],
  ])('(I4) %s are no step', (_what, messages) => {
    const { state } = play([...live(welcomeAt(10)), says(...messages)]);
    expect(state).toMatchObject({ phase: 'waiting', fault: { code: 'invalid-message' } });
  });

  it('that fail leave the cursor; the next connection brings them again', () => {
    const error = new SyncError('migration-failed', 'AddColor was not taken: no');
    const { state, effects } = play([
      ...live(welcome('must-migrate', '1.1.0')),
      says(...withStep(10, 12, addColor)),
      { type: 'apply-failed', error },
    ]);
    expect(state).toMatchObject({ phase: 'waiting', attempt: 1, fault: { code: 'migration-failed' } });
    expect(effects).toContainEqual(
      expect.objectContaining({ type: 'migration-ended', name: addColor.name, error: expect.anything() }),
    );
  });

  it('another app has to take stop the stream, not the writes, and say so', () => {
    const store = summary(10, { unsent: 1, pending: 1 });
    const { state, effects } = play([
      ...live(welcome('must-update-app', '2.0.0'), store),
      says(stepFrame(dropAll, 'must-update-app')),
      { type: 'pushed', results: 1, summary: summary(10, { pending: 2, unsent: 1 }) },
    ]);
    expect(state.phase).toBe('live');
    expect(effects).toContainEqual({ type: 'push' });
    expect(schemaOf(state)).toMatchObject({
      fit: 'must-update-app',
      pending: [{ name: dropAll.name, reason: 'breaking', version: '2.0.0' }],
    });
    // No ack can come behind it: the socket is not taken for dead.
    expect(reduceClient(state, { type: 'timer', timer: 'ack' }).state.phase).toBe('live');
    const asked = reduceClient(state, { type: 'apply-migration', name: dropAll.name });
    expect(asked.effects).toMatchObject([{ type: 'migration-ended', error: { code: 'schema-unknown' } }]);
  });

  it('another app has to take may be served translated instead', () => {
    const { state } = play([...live(welcomeAt(10)), says(stepFrame(dropAll, 'translate'), ...frames(10, 11, []))]);
    expect(schemaOf(state)).toMatchObject({ fit: 'translate', pending: [] });
    expect(state.applying).toMatchObject({ seq: 11n });
  });

  it('[A4] from a schema that the server does not know, everything is read anew', () => {
    const { state, effects } = play(live(welcome('must-resync', '3.0.0')));
    expect(state.due).toMatchObject({ cause: 'schema-changed', tables: null });
    expect(effects).toContainEqual(expect.objectContaining({ type: 'hydrate', cause: 'schema-changed' }));
  });

  it('[A4] from that again and again, it waits in between', () => {
    const begun = live(welcome('must-resync', '3.0.0'));
    const again: readonly ClientEvent[] = [
      { type: 'hydrated', hydration: 1, summary: summary(12) },
      { type: 'socket-opened', connection: 2, tokenLifeMs: null },
      { ...says(welcome('must-resync', '3.0.0')), connection: 2 } as ClientEvent,
    ];
    const { state, effects } = play([...begun, ...again]);
    expect(state).toMatchObject({ phase: 'waiting', due: { cause: 'schema-changed', tables: null } });
    expect(effects).toContainEqual(expect.objectContaining({ type: 'start-timer', timer: 'reconnect' }));
    expect(reduceClient(state, { type: 'timer', timer: 'reconnect' }).state.phase).toBe('hydrating');
  });

  it('an app that cannot take the schema in force keeps the rows that it has', () => {
    const error = new SyncError('schema-unknown', 'needs a newer app');
    const begun = live(welcome('must-resync', '3.0.0'));
    const { state } = play([...begun, { type: 'hydrate-failed', hydration: 1, error }]);
    expect(state.phase).toBe('stopped');
    expect(schemaOf(state).fit).toBe('must-update-app');
  });
});

describe("[M3] migrations: 'manual'", () => {
  const held: readonly ClientEvent[] = [
    ...live(welcome('must-migrate', '1.1.0')),
    says(...withStep(10, 12, addColor), ...frames(12, 13, [])),
  ];

  it('hold a step, and what follows it, until the app lets it in', () => {
    const before = play(held, 'manual');
    expect(applies(before.effects)).toEqual([]);
    expect(schemaOf(before.state).pending).toMatchObject([{ name: addColor.name, reason: 'manual', kind: 'additive' }]);
    expect(reduceClient(before.state, { type: 'timer', timer: 'ack' }).state.phase).toBe('live');
    const let_ = play([...held, { type: 'apply-migration', name: addColor.name }], 'manual');
    expect(applies(let_.effects)).toEqual([[[12, addColor.name]]]);
    const after = play([...held, { type: 'apply-migration', name: addColor.name }, applied(12, '1.1.0')], 'manual');
    expect(applies(after.effects)).toEqual([[[13, null]]]);
    expect(schemaOf(after.state).pending).toEqual([]);
  });

  it('refuse a name that nothing has', () => {
    const { effects } = play([...held, { type: 'apply-migration', name: 'Nothing' }], 'manual');
    expect(effects).toMatchObject([{ type: 'migration-ended', name: 'Nothing', error: { code: 'not-found' } }]);
  });

  it('still hold it after a connection was lost; let in meanwhile, it is taken when it comes again', () => {
    const lost: readonly ClientEvent[] = [...held, { type: 'socket-closed', connection: 1, code: 1006, reason: '' }];
    const asked = play([...lost, { type: 'apply-migration', name: addColor.name }], 'manual');
    expect(schemaOf(asked.state).pending).toHaveLength(1);
    expect(asked.state).toMatchObject({ phase: 'connecting', schema: { allowed: [addColor.name] } });
    const offline = play([...held, { type: 'disconnect' }, { type: 'apply-migration', name: addColor.name }], 'manual');
    expect(offline.effects).toMatchObject([{ type: 'migration-ended', error: { code: 'network' } }]);
  });
});

describe('[M3] a migration that the app takes back', () => {
  const back = { migration: addColor, direction: 'down' } as const;
  const rolledBack: readonly ClientEvent[] = [
    ...live(welcomeAt(10), summary(10, { schemaVersion: '1.1.0' })),
    { type: 'migrate', step: back },
  ];

  it('is taken back without a connection, whose frames are in the words of the later schema', () => {
    const { state, effects } = play(rolledBack);
    expect(state).toMatchObject({ phase: 'waiting', queue: [] });
    expect(effects.map(({ type }) => type)).toEqual(expect.arrayContaining(['close-socket', 'migrate']));
    expect(reduceClient(state, { type: 'online' }).state.phase).toBe('waiting');
    const after = play([
      ...rolledBack,
      { type: 'migrated', step: back, byApp: true, summary: summary(10), migrations: [] },
    ]);
    expect(after.state).toMatchObject({ phase: 'connecting', due: null });
    expect(after.effects).toContainEqual({ type: 'migration-ended', name: addColor.name, error: null });
  });

  it('is taken again by name, and rows are read anew', () => {
    const known = [
      { migration: addColor, direction: 'up', applied: false, appliedAt: null, error: null, retryCount: 0 },
    ] as const;
    const begun: readonly ClientEvent[] = [...live(welcomeAt(10)), { type: 'migrations-read', migrations: known }];
    expect(schemaOf(play(begun).state).pending).toMatchObject([{ name: addColor.name, reason: 'rolled-back' }]);
    const asked = play([...begun, { type: 'apply-migration', name: addColor.name }]);
    const step = { migration: addColor, direction: 'up' } as const;
    expect(asked.effects).toContainEqual({ type: 'migrate', step, byApp: false });
    const done = reduceClient(asked.state, {
      type: 'migrated',
      step,
      byApp: false,
      summary: summary(10, { schemaVersion: '1.1.0' }),
      migrations: [],
    });
    expect(done.effects).toContainEqual(
      expect.objectContaining({ type: 'hydrate', cause: 'schema-changed', tables: null }),
    );
  });

  it('is told its rows in the earlier schema, though the server would have it read all anew', () => {
    const known = [
      { migration: addColor, direction: 'up', applied: false, appliedAt: null, error: null, retryCount: 0 },
    ] as const;
    const [opened, ...rest] = live(welcome('must-resync', '1.1.0'));
    const { state } = play([{ type: 'migrations-read', migrations: known }, opened!, ...rest]);
    expect(state).toMatchObject({ phase: 'live', due: null });
    expect(schemaOf(state)).toMatchObject({ fit: 'translate', version: '1.0.0' });
  });

  it('that fails leaves everything, and the connection comes back', () => {
    const error = new SyncError('migration-failed', 'no');
    const { state, effects } = play([...rolledBack, { type: 'migrate-failed', step: back, error }]);
    expect(state.phase).toBe('connecting');
    expect(effects).toContainEqual(
      expect.objectContaining({
        type: 'migration-ended',
        error: expect.objectContaining({ code: 'migration-failed' }),
      }),
    );
  });
});
