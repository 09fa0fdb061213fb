import { SyncError } from '@millrace/kernel';
import type { ServerMessage } from '@millrace/sync-protocol';
import { at, EPOCH, frames, patch, uuid, verdict } from '../testing/conformance/client-store-world.js';
import { welcomeAt } from '../testing/scripted-transport.js';
import type { ClientEffect } from './client-effect.js';
import type { ClientEvent } from './client-event.js';
import { reduceClient } from './client-reducer.js';
import { initialState, type ClientState } from './client-state.js';
import type { StoreSummary } from './ports/client-store.js';

const summary = (seq: number | null, more: Partial<StoreSummary> = {}): StoreSummary => ({
  position: seq === null ? null : at(seq),
  scope: seq === null ? null : 'scope-1',
  ackedMutation: 0,
  unsent: 0,
  pending: 0,
  rejected: 0,
  ...more,
});

/** A client that has lived through these events, and the effects of the last one. */
function after(...events: readonly ClientEvent[]): { state: ClientState; effects: readonly ClientEffect[] } {
  let state = initialState({ schemaVersion: '1.0.0', connect: true });
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
    const hydrated: ClientEvent = { type: 'hydrated', hydration: 1, summary: summary(10) };
    expect(after(opened(summary(null), null), registered, hydrated)).toMatchObject({
      state: { phase: 'connecting', connection: 1, due: null },
    });
  });

  it('[A4] says hello with its cursor and its last settled mutation', () => {
    const { state, effects } = after(opened(summary(10, { ackedMutation: 4 })), socketOpened);
    expect(state.phase).toBe('greeting');
    expect(sent(effects)).toMatchObject([
      { type: 'hello', position: { seq: '10' }, ackedMutation: 4, clientId: uuid(1), schemaVersion: '1.0.0' },
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
