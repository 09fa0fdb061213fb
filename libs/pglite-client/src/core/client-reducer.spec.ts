import type { HydrationProgress } from '@millrace/hydration';
import { positionToJson, SyncError } from '@millrace/kernel';
import type { ServerMessage } from '@millrace/sync-protocol';
import { at, EPOCH, frames, patch, uuid, verdict } from '../testing/conformance/client-store-world.js';
import { welcomeAt } from '../testing/scripted-transport.js';
import type { ClientEffect } from './client-effect.js';
import type { ClientEvent } from './client-event.js';
import { reduceClient } from './client-reducer.js';
import { initialState, type ClientState } from './client-state.js';
import { statusOf } from './client-status.js';
import type { StoreSummary } from './ports/client-store.js';
import type { ComparedTable } from './verification.js';

const summary = (seq: number | null, more: Partial<StoreSummary> = {}): StoreSummary => ({
  position: seq === null ? null : at(seq),
  scope: seq === null ? null : 'scope-1',
  schemaVersion: '1.0.0',
  ackedMutation: 0,
  unsent: 0,
  pending: 0,
  rejected: 0,
  ...more,
});

/** A client that has lived through these events, and the effects of the last one. */
function after(...events: readonly ClientEvent[]): { state: ClientState; effects: readonly ClientEffect[] } {
  let state = initialState({ appVersion: '1.0.0', migrations: 'auto', connect: true });
  let effects: readonly ClientEffect[] = [];
  for (const event of events) ({ state, effects } = reduceClient(state, event));
  return { state, effects };
}

const opened = (store: StoreSummary, outboxEpoch: string | null = EPOCH): ClientEvent => ({
  type: 'opened',
  store: { clientId: uuid(1), outboxEpoch, summary: store },
});
const says = (...messages: readonly ServerMessage[]): ClientEvent => ({
  type: 'socket-message',
  connection: 1,
  messages,
  chars: 100,
});
const socketOpened: ClientEvent = { type: 'socket-opened', connection: 1, tokenLifeMs: null };
const live = (store: StoreSummary = summary(10)): readonly ClientEvent[] => [
  opened(store),
  socketOpened,
  says(welcomeAt(10)),
];
const hydrated = (hydration: number, seq: number): ClientEvent => ({
  type: 'hydrated',
  hydration,
  summary: summary(seq),
});
const types = (effects: readonly ClientEffect[]) => effects.map((effect) => effect.type);
const without = (effects: readonly ClientEffect[], ...dropped: readonly string[]) =>
  effects.filter((effect) => !dropped.includes(effect.type));
const sent = (effects: readonly ClientEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'send' ? effect.messages : []));

describe('the client reducer', () => {
  it('registers, hydrates and connects a new client', () => {
    expect(after(opened(summary(null), null))).toMatchObject({
      state: { phase: 'registering' },
      effects: [{ type: 'register' }],
    });
    const registered: ClientEvent = { type: 'registered', epoch: EPOCH };
    expect(after(opened(summary(null), null), registered)).toMatchObject({
      state: { phase: 'hydrating' },
      effects: [{ type: 'hydrate', hydration: 1, cause: 'new-client' }],
    });
    expect(after(opened(summary(null), null), registered, hydrated(1, 10))).toMatchObject({
      state: { phase: 'connecting', connection: 1, due: null },
    });
  });

  it('[A4] says hello with its cursor and its last settled mutation', () => {
    const { state, effects } = after(opened(summary(10, { ackedMutation: 4 })), socketOpened);
    expect(state.phase).toBe('greeting');
    expect(sent(effects)).toMatchObject([
      {
        type: 'hello',
        position: { seq: '10' },
        ackedMutation: 4,
        clientId: uuid(1),
        schemaVersion: '1.0.0',
        appVersion: '1.0.0',
      },
    ]);
  });

  it('[A4] says which scope its rows were read for; rows of which it does not know are loaded anew', () => {
    expect(sent(after(opened(summary(10)), socketOpened).effects)).toMatchObject([{ scope: 'scope-1' }]);
    expect(after(opened(summary(10, { scope: null }))).effects).toMatchObject([
      { type: 'hydrate', cause: 'scope-changed', tables: null },
    ]);
  });

  it('(I4) waits with hello for an apply that is under way', () => {
    const drop: ClientEvent = { type: 'socket-closed', connection: 1, code: 1006, reason: '' };
    const again: readonly ClientEvent[] = [
      ...live(),
      says(...frames(10, 11, [])),
      drop,
      { type: 'timer', timer: 'reconnect' },
      { ...socketOpened, connection: 2 } as ClientEvent,
    ];
    expect(sent(after(...again).effects)).toEqual([]);
    expect(sent(after(...again, { type: 'applied', summary: summary(11) }).effects)).toMatchObject([
      { type: 'hello', position: { seq: '11' } },
    ]);
  });

  it('[W5] settles the verdicts of welcome before it pushes', () => {
    const known = verdict({ mutationId: 1, txId: uuid(5) });
    const { effects } = after(
      opened(summary(10, { unsent: 2, pending: 2 })),
      socketOpened,
      says(welcomeAt(10, [known])),
    );
    expect(types(without(effects, 'start-timer', 'stop-timer'))).toEqual(['settle', 'push']);
  });

  describe('receiving', () => {
    it('(I5) applies nothing before the commit, then all of it', () => {
      const [begin, changes, commit] = frames(10, 12, [patch(1, { name: 'x' })]);
      expect(after(...live(), says(begin!, changes!)).effects).toEqual([]);
      expect(after(...live(), says(begin!), says(changes!), says(commit!)).effects).toMatchObject([
        { type: 'apply', transactions: [{ position: at(12), changes: [patch(1, { name: 'x' })] }] },
      ]);
    });

    it('[A1] acknowledges only what is durable', () => {
      const message = says(...frames(10, 12, []));
      expect(sent(after(...live(), message).effects)).toEqual([]);
      const { effects, state } = after(...live(), message, { type: 'applied', summary: summary(12) });
      expect(sent(effects)).toEqual([{ type: 'received', seq: '12', chars: 100 }]);
      expect(state.store.position).toEqual(at(12));
    });

    it('applies one batch at a time, and the rest together', () => {
      const first = after(
        ...live(),
        says(...frames(10, 11, [])),
        says(...frames(11, 12, [])),
        says(...frames(12, 13, [])),
      );
      expect(first.effects).toEqual([]);
      const next = reduceClient(first.state, { type: 'applied', summary: summary(11) });
      expect(next.effects.at(-1)).toMatchObject({
        type: 'apply',
        transactions: [{ position: at(12) }, { position: at(13) }],
      });
    });

    it.each([
      ['a transaction that does not continue the cursor', frames(11, 12, [])],
      ['changes outside a transaction', frames(10, 12, []).slice(1)],
      ['a transaction inside another', [...frames(10, 12, []).slice(0, 1), ...frames(10, 12, [])]],
      ['a commit behind the cursor', frames(10, 9, [])],
    ])('(I4) %s is a gap: it connects again and applies nothing', (_what, messages) => {
      const { state, effects } = after(...live(), says(...messages));
      expect(state).toMatchObject({ phase: 'waiting', queue: [], fault: { code: 'invalid-message' } });
      expect(types(without(effects, 'stop-timer'))).toEqual(['close-socket', 'start-timer']);
    });

    it('ignores a socket that is not the newest', () => {
      const { state } = after(...live());
      const late: ClientEvent = { type: 'socket-message', connection: 0, messages: frames(10, 12, []), chars: 1 };
      expect(reduceClient(state, late)).toEqual({ state, effects: [] });
    });

    it('does not acknowledge on a newer socket what came by an older one', () => {
      const again = [...live(), says(...frames(10, 11, [])), { type: 'online' }] as const;
      expect(sent(after(...again, { type: 'applied', summary: summary(11) }).effects)).toEqual([]);
    });
  });

  describe('[S4] fill', () => {
    const fill: ServerMessage = { type: 'fill', tables: ['items'], cause: 'transaction-too-large', atLeast: '15' };

    it('loads the tables that the server names, from rows that are late enough', () => {
      const { state, effects } = after(...live(), says(fill));
      expect(state).toMatchObject({ phase: 'hydrating', queue: [] });
      expect(statusOf(state)).toMatchObject({ resync: 'transaction-too-large', filling: ['items'], position: at(10) });
      expect(effects.at(-1)).toEqual({
        type: 'hydrate',
        hydration: 1,
        cause: 'transaction-too-large',
        tables: ['items'],
        atLeast: 15n,
        not: [],
      });
    });

    it('continues from where that leads', () => {
      const { state, effects } = after(...live(), says(fill), hydrated(1, 16));
      expect(state).toMatchObject({ phase: 'connecting', due: null });
      expect(statusOf(state)).toMatchObject({ filling: null, resync: null });
      expect(types(effects)).toContain('open-socket');
    });

    it('keeps what it is about over failed attempts', () => {
      const failed: ClientEvent = { type: 'hydrate-failed', hydration: 1, error: new SyncError('network', 'gone') };
      const { effects } = after(...live(), says(fill), failed, { type: 'timer', timer: 'reconnect' });
      expect(effects).toMatchObject([{ type: 'hydrate', hydration: 2, tables: ['items'], atLeast: 15n }]);
    });

    it('gives way to the whole, when the app wants that or the store cannot go on (I12)', () => {
      for (const event of [
        { type: 'resync' },
        { type: 'apply-failed', error: new SyncError('cursor-unknown', 'a row is missing') },
      ] as const) {
        const { state, effects } = after(...live(), says(fill), event);
        expect(effects.at(-1)).toMatchObject({ type: 'hydrate', hydration: 2, tables: null, atLeast: 15n });
        expect(reduceClient(state, hydrated(1, 16)).state).toMatchObject({ phase: 'hydrating', due: { tables: null } });
        expect(reduceClient(state, event).effects).toEqual([]);
      }
    });

    it('a new client loads everything, whatever is named', () => {
      const { effects } = after({ type: 'resync' }, opened(summary(null)));
      expect(effects).toMatchObject([{ type: 'hydrate', cause: 'new-client', tables: null }]);
    });
  });

  describe('progress', () => {
    const loading: HydrationProgress = {
      phase: 'loading',
      tables: 1,
      ofTables: 2,
      rows: 5,
      of: 9,
      bytes: 10,
      ofBytes: 10,
      rowsPerSecond: 5,
      secondsLeft: 1,
    };
    const events = (seq: number): readonly ClientEvent[] => [
      opened(summary(null)),
      { type: 'hydrate-progress', hydration: 1, progress: loading },
      hydrated(1, seq),
    ];

    it('goes on as catching up until the stream has brought what happened meanwhile', () => {
      expect(after(...events(8)).state.progress).toEqual({ ...loading, phase: 'catching-up', secondsLeft: null });
      const there = after(...events(8), socketOpened, says(welcomeAt(10)), says(...frames(8, 10, [])));
      expect(there.state.progress).toMatchObject({ phase: 'catching-up' });
      expect(reduceClient(there.state, { type: 'applied', summary: summary(10) }).state.progress).toBeNull();
    });

    it('is over at once where nothing happened, and when the connection is lost', () => {
      expect(after(...events(10), socketOpened, says(welcomeAt(10))).state.progress).toBeNull();
      expect(after(...events(8), { type: 'disconnect' }).state.progress).toBeNull();
    });

    it('of an older hydration is not shown', () => {
      const late: ClientEvent = { type: 'hydrate-progress', hydration: 0, progress: loading };
      expect(after(opened(summary(null)), late).state.progress).toBeNull();
    });
  });

  describe('[S6] verify', () => {
    const hash = { algorithm: 'sum', count: '3', hash: '1' };
    const checkpoint = (from: number, to: number): ServerMessage => ({
      type: 'checkpoint',
      from: positionToJson(at(from)),
      to: positionToJson(at(to)),
      tables: [{ name: 'items', hash, builds: [uuid(71)] }],
    });
    const compared = (outcome: ComparedTable['outcome']): ClientEvent => ({
      type: 'compared',
      tables: [{ name: 'items', outcome, rows: 3, reason: null }],
    });
    const asked = [...live(), { type: 'verify' }] as const;
    const verified = (effects: readonly ClientEffect[]) => effects.filter((effect) => effect.type === 'verified');

    it('asks once for all who want to know', () => {
      const { state, effects } = after(...asked);
      expect(sent(effects)).toEqual([{ type: 'verify' }]);
      expect(types(effects)).toContain('start-timer');
      expect(statusOf(state).verifying).toBe(true);
      expect(reduceClient(state, { type: 'verify' }).effects).toEqual([]);
    });

    it('compares what the server says, and reports', () => {
      const there = after(...asked, says(checkpoint(10, 10)));
      expect(there.effects).toMatchObject([{ type: 'compare', checkpoint: { from: { seq: '10' } } }]);
      const { state, effects } = reduceClient(there.state, compared('equal'));
      expect(verified(effects)).toEqual([
        {
          type: 'verified',
          outcome: {
            kind: 'report',
            report: { position: at(10), tables: [{ name: 'items', outcome: 'equal', rows: 3, reason: null }] },
          },
        },
      ]);
      expect(types(effects)).toContain('stop-timer');
      expect(statusOf(state).verifying).toBe(false);
    });

    it('waits with a comparison until the cursor is where the server was', () => {
      const early = after(...asked, says(checkpoint(10, 12)));
      expect(early.effects).toEqual([]);
      const moved = reduceClient(early.state, says(...frames(10, 12, [])));
      const there = reduceClient(moved.state, { type: 'applied', summary: summary(12) });
      expect(types(there.effects)).toContain('compare');
    });

    it('says in time that the cursor did not get there', () => {
      const { effects, state } = after(...asked, says(checkpoint(10, 12)), { type: 'timer', timer: 'verify' });
      expect(verified(effects)).toMatchObject([
        { outcome: { report: { tables: [{ outcome: 'not-comparable', reason: 'behind' }] } } },
      ]);
      expect(state.verification).toBeNull();
    });

    it('(F76) loads anew what differs, and then reports it as repaired', () => {
      const differs = after(...asked, says(checkpoint(10, 10)), compared('different'));
      expect(differs.effects.at(-1)).toMatchObject({
        type: 'hydrate',
        cause: 'checksum-mismatch',
        tables: ['items'],
        atLeast: 10n,
        not: [uuid(71)],
      });
      expect(verified(differs.effects)).toEqual([]);
      const { effects } = reduceClient(differs.state, hydrated(1, 11));
      expect(verified(effects)).toMatchObject([{ outcome: { report: { tables: [{ outcome: 'repaired' }] } } }]);
    });

    it('compares again what changed meanwhile, a bounded number of times', () => {
      const changed: ClientEvent = {
        type: 'compared',
        tables: [
          { name: 'items', outcome: 'not-comparable', rows: 3, reason: 'changed-meanwhile' },
          { name: 'pairs', outcome: 'equal', rows: 1, reason: null },
        ],
      };
      const busier: ClientEvent = {
        type: 'compared',
        tables: changed.tables.map((table) => ({ ...table, outcome: 'not-comparable', reason: 'changed-meanwhile' })),
      };
      const once = after(...asked, says(checkpoint(10, 10)), changed);
      expect([sent(once.effects), verified(once.effects)]).toEqual([[{ type: 'verify' }], []]);
      const thrice = [busier, busier].reduce<{ state: ClientState; effects: readonly ClientEffect[] }>(
        ({ state }, event) => reduceClient(reduceClient(state, says(checkpoint(10, 10))).state, event),
        once,
      );
      expect(verified(thrice.effects)).toMatchObject([
        { outcome: { report: { tables: [{ outcome: 'not-comparable' }, { name: 'pairs', outcome: 'equal' }] } } },
      ]);
      const late = reduceClient(once.state, { type: 'timer', timer: 'verify' });
      expect(verified(late.effects)).toMatchObject([{ outcome: { kind: 'report' } }]);
      expect(after(...live(), says(checkpoint(10, 10)), changed).effects).toEqual([]);
    });

    it('(F76) does so too when nobody has asked', () => {
      const { effects } = after(...live(), says(checkpoint(10, 10)), compared('different'));
      expect(effects.at(-1)).toMatchObject({ type: 'hydrate', cause: 'checksum-mismatch' });
      const equal = after(...live(), says(checkpoint(10, 10)), compared('equal'));
      expect([equal.effects, equal.state.verification]).toEqual([[], null]);
    });

    it('a repair outlives the call that found the need, which ends in time', () => {
      const late = after(...asked, says(checkpoint(10, 10)), compared('different'), { type: 'timer', timer: 'verify' });
      expect(verified(late.effects)).toMatchObject([{ outcome: { error: { code: 'timeout' } } }]);
      expect(late.state).toMatchObject({ phase: 'hydrating', due: { cause: 'checksum-mismatch' } });
      expect(verified(reduceClient(late.state, hydrated(1, 11)).effects)).toEqual([]);
    });

    it.each<[string, readonly ClientEvent[], string]>([
      ['there is no connection', [opened(summary(10)), { type: 'verify' }], 'network'],
      ['the connection is lost', [...asked, { type: 'disconnect' }], 'network'],
      ['the server says nothing', [...asked, { type: 'timer', timer: 'verify' }], 'timeout'],
      [
        'the tables cannot be read',
        [...asked, says(checkpoint(10, 10)), { type: 'compare-failed', error: new SyncError('storage-failed', 'no') }],
        'storage-failed',
      ],
    ])('fails by name when %s', (_what, events, code) => {
      const { effects, state } = after(...events);
      expect(verified(effects)).toMatchObject([{ outcome: { kind: 'failed', error: { code } } }]);
      expect(state.verification).toBeNull();
    });
  });

  describe('[A4] resync', () => {
    it('hydrates with the cause that the server gives', () => {
      const { state, effects } = after(...live(), says({ type: 'resync', cause: 'below-horizon', message: '' }));
      expect(state).toMatchObject({ phase: 'hydrating', due: { cause: 'below-horizon', tables: null } });
      expect(effects.at(-1)).toMatchObject({ type: 'hydrate', cause: 'below-horizon' });
    });

    it('hydrates when the store cannot take what came (I12)', () => {
      const failed: ClientEvent = { type: 'apply-failed', error: new SyncError('cursor-unknown', 'a row is missing') };
      expect(after(...live(), says(...frames(10, 11, [])), failed)).toMatchObject({
        state: { phase: 'hydrating', due: { cause: 'client-request', tables: null } },
      });
    });

    it('keeps the cause over failed attempts', () => {
      const resync = says({ type: 'resync', cause: 'epoch-changed', message: '' });
      const failed: ClientEvent = { type: 'hydrate-failed', hydration: 1, error: new SyncError('network', 'gone') };
      const { effects } = after(...live(), resync, failed, { type: 'timer', timer: 'reconnect' });
      expect(effects).toMatchObject([{ type: 'hydrate', hydration: 2, cause: 'epoch-changed' }]);
    });
  });

  describe('pushing', () => {
    const unsent = summary(10, { unsent: 2, pending: 2 });

    it('[W2] has one request in flight', () => {
      const { state, effects } = after(...live(), { type: 'store-changed', summary: unsent });
      expect(effects).toEqual([{ type: 'push' }]);
      expect(reduceClient(state, { type: 'store-changed', summary: unsent }).effects).toEqual([]);
    });

    it('goes on while something is unsent, and then expects acks', () => {
      const some = after(...live(unsent), {
        type: 'pushed',
        results: 1,
        summary: summary(10, { unsent: 1, pending: 2 }),
      });
      expect(types(some.effects)).toContain('push');
      const all = after(...live(unsent), { type: 'pushed', results: 2, summary: summary(10, { pending: 2 }) });
      expect(all.effects).toMatchObject([{ type: 'start-timer', timer: 'ack' }]);
    });

    it('(F66) takes a stream for dead that does not bring the acks', () => {
      const { state } = after(
        ...live(unsent),
        { type: 'pushed', results: 2, summary: summary(10, { pending: 2 }) },
        { type: 'timer', timer: 'ack' },
      );
      expect(state).toMatchObject({ phase: 'waiting', fault: { code: 'timeout' } });
    });

    it('(F66) expects acks of a former connection from the first moment', () => {
      const pending = summary(10, { unsent: 1, pending: 2 });
      expect(after(...live(pending)).effects).toContainEqual({
        type: 'start-timer',
        timer: 'ack',
        delay: { ms: 20_000 },
      });
      expect(after(...live(pending), { type: 'timer', timer: 'ack' }).state).toMatchObject({ phase: 'waiting' });
      expect(types(after(...live(unsent)).effects.filter((each) => 'timer' in each && each.timer === 'ack'))).toEqual(
        [],
      );
    });

    it('(F61) waits longer after each failure, and loses nothing', () => {
      const failed: ClientEvent = { type: 'push-failed', error: new SyncError('network', 'gone') };
      const first = after(...live(unsent), failed);
      expect(first.effects).toEqual([{ type: 'start-timer', timer: 'push', delay: { attempt: 0 } }]);
      const again = reduceClient(first.state, { type: 'timer', timer: 'push' });
      expect(again.effects).toEqual([{ type: 'push' }]);
      expect(reduceClient(again.state, failed).effects).toEqual([
        { type: 'start-timer', timer: 'push', delay: { attempt: 1 } },
      ]);
    });

    it('[W2] tries again at once after a conflict, then with a wait', () => {
      const conflict: ClientEvent = { type: 'reconciled', summary: unsent };
      expect(after(...live(unsent), conflict).effects).toEqual([{ type: 'push' }]);
      expect(types(after(...live(unsent), conflict, conflict, conflict).effects)).toEqual(['start-timer']);
    });

    it('does not push while it is not welcome', () => {
      expect(after(opened(unsent), socketOpened).effects.map((effect) => effect.type)).not.toContain('push');
    });
  });

  describe('connecting again', () => {
    const drop: ClientEvent = { type: 'socket-closed', connection: 1, code: 1006, reason: '' };

    it('waits with growing attempts until a connection has lasted', () => {
      const once = after(...live(), drop);
      expect(once.effects.at(-1)).toEqual({ type: 'start-timer', timer: 'reconnect', delay: { attempt: 0 } });
      expect(once.state.attempt).toBe(1);
      expect(after(...live(), { type: 'timer', timer: 'stable' }).state.attempt).toBe(0);
    });

    it('being online again skips the wait', () => {
      expect(after(...live(), drop, { type: 'online' }).state).toMatchObject({ phase: 'connecting', connection: 2 });
    });

    it('an unknown client registers again (F57)', () => {
      const { state } = after(...live(), { ...drop, code: 4404 } as ClientEvent, { type: 'timer', timer: 'reconnect' });
      expect(state).toMatchObject({ phase: 'registering', registered: false });
    });

    it('stays off while the app wants it so, and comes back when it does not', () => {
      const off = after(...live(), { type: 'disconnect' });
      expect(off.state).toMatchObject({ phase: 'offline', wanted: false });
      expect(types(off.effects)).toContain('close-socket');
      for (const event of [
        { type: 'online' },
        { type: 'timer', timer: 'reconnect' },
        { type: 'store-changed', summary: summary(10, { unsent: 1 }) },
      ] as const) {
        expect(reduceClient(off.state, event).state.phase).toBe('offline');
      }
      expect(reduceClient(off.state, { type: 'connect' }).state.phase).toBe('connecting');
    });

    it.each(['protocol-version', 'schema-unknown', 'forbidden'] as const)(
      'stops at %s: trying again would change nothing',
      (code) => {
        const { state } = after(...live(), says({ type: 'error', code, message: 'no' }));
        expect(state).toMatchObject({ phase: 'stopped', fault: { code } });
        expect(reduceClient(state, { type: 'connect' }).state.phase).toBe('connecting');
      },
    );

    it('(X13) renews its token before it ends', () => {
      const { effects } = after(opened(summary(10)), { ...socketOpened, tokenLifeMs: 900_000 } as ClientEvent);
      expect(effects.at(-1)).toEqual({ type: 'start-timer', timer: 'auth', delay: { ms: 840_000 } });
      const renewed: ClientEvent = { type: 'token-renewed', connection: 1, token: 'new', tokenLifeMs: null };
      expect(sent(after(...live(), renewed).effects)).toEqual([{ type: 'auth', token: 'new' }]);
    });

    it('nothing happens after close', () => {
      const { state, effects } = after(...live(), { type: 'close' });
      expect(types(effects)).toEqual(expect.arrayContaining(['close-socket', 'cancel-hydrate']));
      expect(reduceClient(state, { type: 'connect' })).toEqual({ state, effects: [] });
    });
  });
});
