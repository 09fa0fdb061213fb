import { CLOSE_CODE, positionToJson, type Position } from '@millrace/kernel';
import { decodeServerMessages, type Checkpoint, type ServerMessage } from '@millrace/sync-protocol';
import type { HistoryTransaction } from '@millrace/change-history';
import {
  CLIENT,
  NOW,
  TENANT,
  TX,
  at,
  context,
  entry,
  freshSession,
  hello,
  inserted,
  transaction,
} from '../testing/fixture.js';
import type { SessionEffect, SessionEvent } from './session-event.js';
import { restoreSession, serialiseSession, type SessionPhase, type SessionState } from './session-state.js';
import { sessionStep } from './session.js';
import type { SessionContext, SessionStep } from './step.js';

const helloEvent: SessionEvent = { kind: 'hello', hello: hello() };
const registered = (head: Position): SessionEvent => ({
  kind: 'registered',
  head,
  verdicts: [],
  schemaVersion: '1.0.0',
});
const push = (from: Position | null, to: Position, transactions: HistoryTransaction[] = []): SessionEvent => ({
  kind: 'push',
  push: { from, to, transactions },
});
const page = (
  from: Position,
  to: Position,
  transactions: HistoryTransaction[] = [],
  complete = true,
): SessionEvent => ({
  kind: 'pulled',
  result: { kind: 'page', page: { from, to, transactions }, complete },
});
const received = (seq: number, chars: number): SessionEvent => ({
  kind: 'received',
  received: { type: 'received', seq: `${seq}`, chars },
});
const auth = (fields: Partial<SessionEvent & { kind: 'auth' }> = {}): SessionEvent => ({
  kind: 'auth',
  sub: 'ann',
  claims: { ...TENANT, role: 'admin' },
  expiresAt: NOW + 1_800_000,
  ...fields,
});

const checkpoint: Checkpoint = {
  type: 'checkpoint',
  from: positionToJson(at(4)),
  to: positionToJson(at(6)),
  tables: [{ name: 'invoices', hash: { algorithm: 'a', count: '1', hash: '7' } }],
};

function run(state: SessionState, events: readonly SessionEvent[], ctx: SessionContext = context()): SessionStep {
  return events.reduce<SessionStep>((step, event) => sessionStep(step.state, event, ctx), { state, effects: [] });
}

function live(head = at(0), ctx = context()): SessionState {
  return run(freshSession(), [helloEvent, registered(head)], ctx).state;
}

/** Notes by what they say. */
function kinds({ effects }: SessionStep): string {
  return effects.map((effect) => (effect.kind === 'note' ? effect.note.kind : effect.kind)).join(' ');
}

function find<Kind extends SessionEffect['kind']>(
  step: SessionStep,
  kind: Kind,
): Extract<SessionEffect, { kind: Kind }> | undefined {
  return step.effects.find((effect): effect is Extract<SessionEffect, { kind: Kind }> => effect.kind === kind);
}

function frames({ effects }: SessionStep): readonly ServerMessage[] {
  return effects.flatMap((effect) => (effect.kind === 'send' ? decodeServerMessages(effect.text) : []));
}

describe('handshake', () => {
  it('registers first, then welcomes, then reads up to the head (F42)', () => {
    const step = run(freshSession(), [helloEvent]);
    expect(kinds(step)).toBe('replace-older hello register schedule');
    expect(find(step, 'register')).toEqual({
      kind: 'register',
      clientId: CLIENT,
      sub: 'ann',
      rowKeys: ['*', `client=${CLIENT}`, 'tenantId=t1'],
      cursor: at(0),
      afterMutation: 0,
    });
    const welcomed = sessionStep(
      step.state,
      {
        kind: 'registered',
        head: at(7),
        verdicts: [{ clientId: CLIENT, mutationId: 1, txId: TX, verdict: 'accepted', reason: null }],
        schemaVersion: '1.0.0',
      },
      context(),
    );
    expect(kinds(welcomed)).toBe('send live pull');
    expect(frames(welcomed)).toMatchObject([
      {
        type: 'welcome',
        head: { seq: '7' },
        schema: { version: '1.0.0', fit: 'same' },
        verdicts: [{ mutationId: 1, txId: TX, verdict: 'accepted' }],
      },
    ]);
  });

  it('a client at the head has nothing to read', () => {
    expect(kinds(run(freshSession(), [helloEvent, registered(at(0))]))).toBe('send live');
  });

  it('a doorbell before welcome is remembered', () => {
    expect(kinds(run(freshSession(), [helloEvent, push(null, at(4)), registered(at(0))]))).toBe('send live pull');
  });

  it.each([
    ['another epoch', at(9, TX), 'epoch-changed'],
    ['a cursor beyond the head', { ...at(0), seq: -1n }, 'cursor-unknown'],
    ['another chain at the head', { ...at(0), chain: 'f'.repeat(32) }, 'cursor-unknown'],
  ])('[A4] %s hydrates again with its cause', (_what, head, cause) => {
    const step = run(freshSession(), [helloEvent, registered(head)]);
    expect(kinds(step)).toBe('resync send close unregister closed');
    expect(frames(step)).toMatchObject([{ type: 'resync', cause }]);
    expect(find(step, 'close')).toMatchObject({ code: CLOSE_CODE.resync });
  });

  it.each([
    ['protocol-version', hello({ protocol: 99 })],
    ['protocol-version', hello({ protocol: 0 })],
    ['forbidden', hello({ clientId: TX })],
  ])('refuses with %s', (code, message) => {
    const step = run(freshSession(), [{ kind: 'hello', hello: message }]);
    expect(frames(step)).toMatchObject([{ type: 'error', code }]);
    expect(step.state.phase).toBe('closed');
  });

  it('refuses an expired token', () => {
    expect(frames(run(freshSession(), [helloEvent], context({ now: NOW + 900_000 })))).toMatchObject([
      { code: 'unauthenticated' },
    ]);
  });

  it('[A4] a client whose tables are of a version that this database never had hydrates again', () => {
    const event: SessionEvent = { kind: 'hello', hello: hello({ schemaVersion: '0.9.0' }) };
    const step = run(freshSession(), [event, registered(at(5))]);
    expect(frames(step)).toMatchObject([{ type: 'resync', cause: 'schema-changed' }]);
    expect(step.state.phase).toBe('closed');
  });

  it('[A4] a client whose rows were read for another scope hydrates again', () => {
    const moved = run(freshSession(), [{ kind: 'hello', hello: hello({ scope: 'scope-of-t0' }) }]);
    expect(kinds(moved)).toBe('replace-older resync send close');
    expect(frames(moved)).toMatchObject([{ type: 'resync', cause: 'scope-changed' }]);
  });

  it('keeps only the claims that rules name, and refuses a state beyond an attachment', () => {
    expect(live().claims).toEqual(TENANT);
    const fat = { ...freshSession(), claims: { tenantId: 'x'.repeat(16_000) } };
    expect(frames(run(fat, [helloEvent]))).toMatchObject([{ code: 'limit-exceeded' }]);
  });
});

describe('[D1] pushes', () => {
  it('one that begins at the cursor is delivered and answered', () => {
    const step = run(live(), [push(at(0), at(3), [transaction(3, [inserted('1')])])]);
    expect(kinds(step)).toBe('send answer');
    expect(frames(step).map(({ type }) => type)).toEqual(['begin', 'changes', 'commit']);
    expect(step.state.cursor).toEqual(at(3));
    expect(find(step, 'answer')).toEqual({ kind: 'answer', cursor: at(3) });
  });

  it('a push that does not begin at the cursor is only a doorbell', () => {
    for (const from of [null, at(1)]) {
      const step = run(live(), [push(from, at(3), [transaction(3, [inserted('1')])])]);
      expect(kinds(step)).toBe('pull');
      expect(step.state.cursor).toEqual(at(0));
    }
  });

  it('a doorbell is answered when the session has come to rest, so that the next push can carry rows', () => {
    const rung = run(live(), [push(null, at(3))]);
    expect(kinds(rung)).toBe('pull');
    const pulled = sessionStep(rung.state, page(at(0), at(4), [transaction(3, [inserted('1')])]), context());
    expect(kinds(pulled)).toBe('send answer');
    expect(find(pulled, 'answer')).toEqual({ kind: 'answer', cursor: at(4) });
  });

  it('an old, doubled or late push changes nothing (F41)', () => {
    const state = run(live(), [push(at(0), at(3), [transaction(3, [inserted('1')])])]).state;
    expect(kinds(run(state, [push(at(0), at(3), [transaction(3, [inserted('1')])])]))).toBe('answer');
    expect(kinds(run(state, [push(null, at(2))]))).toBe('answer');
  });

  it('rows of a push that arrives during a pull are not taken', () => {
    const pulling = run(live(), [push(null, at(3))]).state;
    const step = run(pulling, [push(at(0), at(5), [transaction(5, [inserted('2')])])]);
    expect(step.effects).toEqual([]);
    const pulled = sessionStep(step.state, page(at(0), at(3)), context());
    expect(kinds(pulled)).toBe('send pull');
  });

  it('what is out of scope only moves the cursor', () => {
    const step = run(live(), [
      push(at(0), at(3), [transaction(2, [inserted('1', 't2')]), transaction(3, [inserted('2', 't2')])]),
    ]);
    expect(frames(step)).toMatchObject([
      { type: 'begin', from: '0' },
      { type: 'commit', position: { seq: '3' } },
    ]);
  });

  it('I4: each transaction begins where the last one ended', () => {
    const step = run(live(), [
      push(at(0), at(6), [
        transaction(2, [inserted('1')]),
        transaction(3, [inserted('9', 't2')]),
        transaction(5, [inserted('2')]),
      ]),
    ]);
    const cursors = frames(step).flatMap((frame) =>
      frame.type === 'begin' ? [frame.from] : frame.type === 'commit' ? [frame.position.seq] : [],
    );
    expect(cursors).toEqual(['0', '2', '2', '5', '5', '6']);
  });

  it('[E2] a push of another epoch makes it ask: it may be a late one from before, or ours has ended', () => {
    const step = run(live(), [push(at(0, TX), at(3, TX), [transaction(3, [inserted('1')])])]);
    expect(kinds(step)).toBe('pull');
    const ended = sessionStep(step.state, { kind: 'pulled', result: { kind: 'epoch-changed' } }, context());
    expect(kinds(ended)).toBe('resync send close answer unregister closed');
    expect(frames(ended)).toMatchObject([{ type: 'resync', cause: 'epoch-changed' }]);
  });
});

describe('pulls', () => {
  it('go on until the page is complete', () => {
    const first = run(live(at(9)), [page(at(0), at(4), [transaction(4, [inserted('1')])], false)]);
    expect(kinds(first)).toBe('send pull');
    expect(find(first, 'pull')?.after).toEqual(at(4));
    expect(kinds(sessionStep(first.state, page(at(4), at(9)), context()))).toBe('send');
  });

  it.each(['cursor-unknown', 'below-horizon', 'epoch-changed'] as const)('[A4] %s hydrates again', (cause) => {
    expect(frames(run(live(at(9)), [{ kind: 'pulled', result: { kind: cause } }]))).toMatchObject([
      { type: 'resync', cause },
    ]);
  });

  it('a failed one is repeated by the alarm, not before', () => {
    const failed = run(live(at(9)), [{ kind: 'pull-failed', code: 'database-unavailable', message: 'down' }]);
    const at_ = find(failed, 'schedule')?.at ?? 0;
    expect(at_).toBeGreaterThan(NOW);
    expect(kinds(run(failed.state, [push(null, at(12))]))).toBe('answer');
    expect(kinds(run(failed.state, [{ kind: 'alarm' }], context({ now: at_ - 1 })))).toBe('schedule');
    expect(kinds(run(failed.state, [{ kind: 'alarm' }], context({ now: at_ })))).toBe('pull schedule');
  });

  it('one that was lost with the memory is resumed (F43), and its late answer is dropped', () => {
    const restored = restoreSession(JSON.parse(JSON.stringify(serialiseSession(live(at(9)))))) as SessionState;
    expect(run(restored, [page(at(0), at(9))]).effects).toEqual([]);
    expect(kinds(run(restored, [{ kind: 'woken' }]))).toBe('pull');
  });

  it('F41: with every doorbell lost the sweep pulls', () => {
    const step = run(live(), [{ kind: 'alarm' }], context({ now: NOW + 600_000 }));
    expect(kinds(step)).toBe('pull schedule');
  });
});

describe('[S4] fills', () => {
  const mark = entry({ operation: 'fill', scopeNew: '*', cause: 'late-table' });

  it('what precedes is delivered, then the client is told which tables to read anew, and the socket ends', () => {
    const step = run(live(), [push(at(0), at(6), [transaction(3, [inserted('1')]), transaction(6, [mark])])]);
    expect(kinds(step)).toBe('send fill send close answer unregister closed');
    expect(frames(step).map(({ type }) => type)).toEqual(['begin', 'changes', 'commit', 'fill']);
    expect(frames(step).at(-1)).toEqual({ type: 'fill', tables: ['invoices'], cause: 'late-table', atLeast: '6' });
    expect(find(step, 'close')).toMatchObject({ code: CLOSE_CODE.resync });
    expect(step.effects.at(-1)).toEqual({ kind: 'note', note: { kind: 'closed', position: at(3) } });
  });

  it('[D4] history names the tables of a transaction that is too large to be read', () => {
    const result = { kind: 'transaction-too-large', position: at(8), tables: ['invoices'] } as const;
    const step = run(live(at(9)), [{ kind: 'pulled', result }]);
    expect(frames(step)).toEqual([
      { type: 'fill', tables: ['invoices'], cause: 'transaction-too-large', atLeast: '8' },
    ]);
  });
});

describe('[S6] checkpoints', () => {
  const verify: SessionEvent = { kind: 'verify' };
  const made: SessionEvent = { kind: 'checkpoint', checkpoint };
  const later = (ms: number) => context({ now: NOW + ms });

  it('one that is asked for is made at once and sent, and the client is moved to where it compares', () => {
    const asked = run(live(), [verify]);
    expect(asked.effects).toEqual([{ kind: 'checkpoint-wanted', asked: true }]);
    const answered = sessionStep(asked.state, made, context());
    expect(kinds(answered)).toBe('send schedule pull');
    expect(frames(answered)).toEqual([checkpoint]);
  });

  it('a client that stands there already has nothing to read', () => {
    expect(kinds(run({ ...live(), cursor: at(6) }, [verify, made]))).toBe('send schedule');
  });

  it('another one within ten seconds waits until then; it is not forgotten', () => {
    const answered = run({ ...live(), cursor: at(6) }, [verify, made]).state;
    const early = sessionStep(answered, verify, later(1_000));
    expect(early.effects).toEqual([{ kind: 'schedule', at: NOW + 10_000 }]);
    expect(kinds(sessionStep(early.state, { kind: 'alarm' }, later(9_999)))).toBe('schedule');
    expect(kinds(sessionStep(early.state, { kind: 'alarm' }, later(10_000)))).toBe('checkpoint-wanted schedule');
  });

  it('one that is being made answers all who ask meanwhile', () => {
    expect(run(live(), [verify, verify]).effects).toEqual([]);
  });

  it('one comes by itself, but not within the hour', () => {
    const ctx = { ...context(), checkpointMs: 60_000 };
    const state = live(at(0), ctx);
    const ring = (ms: number) => sessionStep(state, { kind: 'alarm' }, { ...ctx, now: NOW + ms });
    expect(kinds(ring(60_000))).toBe('schedule');
    expect(kinds(ring(90_000))).toBe('checkpoint-wanted schedule');
    expect(find(ring(90_000), 'checkpoint-wanted')).toMatchObject({ asked: false });
  });

  it('a failed one is made again for a client that waits, and later for one that does not', () => {
    const failed = (asked: boolean): SessionEvent => ({
      kind: 'checkpoint-failed',
      asked,
      code: 'timeout',
      message: '',
    });
    const asked = run(live(), [verify, failed(true)]);
    expect(asked.effects).toEqual([{ kind: 'schedule', at: NOW + 10_000 }]);
    expect(kinds(sessionStep(asked.state, { kind: 'alarm' }, later(10_000)))).toBe('checkpoint-wanted schedule');
    expect(run({ ...live(), checkpointing: true }, [failed(false)]).state.verifyAsked).toBe(false);
  });

  it('one that was lost with the memory is made again (F43)', () => {
    const asked = run(live(), [verify]).state;
    const restored = restoreSession(JSON.parse(JSON.stringify(serialiseSession(asked)))) as SessionState;
    expect(sessionStep(restored, made, context()).effects).toEqual([]);
    expect(kinds(sessionStep(restored, { kind: 'woken' }, later(10_000)))).toBe('checkpoint-wanted');
  });
});

describe('[D5] credits', () => {
  const wide = 'x'.repeat(600);
  const backlog = [1, 2, 3, 4, 5].map((seq) => transaction(seq, [inserted(`${seq}`, 't1', wide)]));
  const ctx = context({ windowChars: 2_000 });

  it('stops at the window between transactions, and re-reads after received', () => {
    const step = run(live(at(5), ctx), [page(at(0), at(5), backlog)], ctx);
    expect(kinds(step)).toBe('send');
    expect(step.state.cursor?.seq).toBeLessThan(5n);
    const seq = Number(step.state.cursor?.seq);
    const acked = sessionStep(step.state, received(seq, step.state.sentChars), ctx);
    expect(kinds(acked)).toBe('pull');
    expect(find(acked, 'pull')?.after).toEqual(at(seq));
  });

  it('a push beyond the window is answered with the cursor, not with its end', () => {
    const step = run(live(at(0), ctx), [push(at(0), at(5), backlog)], ctx);
    expect(find(step, 'answer')?.cursor?.seq).toBeLessThan(5n);
    expect(step.state.behind).toBe(true);
  });

  it('a transaction larger than the window still goes out when nothing is in flight', () => {
    const huge = transaction(1, [inserted('1', 't1', 'x'.repeat(10_000))]);
    const step = run(live(at(0), ctx), [push(at(0), at(2), [huge, transaction(2, [inserted('2')])])], ctx);
    expect(step.state.cursor).toEqual(at(1));
  });

  it('all durable at the client is full credit, whatever it counted', () => {
    const step = run(live(at(0), ctx), [push(at(0), at(1), backlog.slice(0, 1)), received(1, 0)], ctx);
    expect(step.state.ackedChars).toBe(step.state.sentChars);
  });

  it('credit never goes back, and never beyond what was sent', () => {
    const state = run(live(), [
      push(at(0), at(2), [transaction(1, [inserted('1')]), transaction(2, [inserted('2')])]),
    ]).state;
    expect(run(state, [received(1, 100), received(0, 10)]).state.ackedChars).toBe(100);
    expect(run(state, [received(1, 1_000_000)]).state.ackedChars).toBe(state.sentChars);
  });

  it('a client that claims more than it was sent is refused', () => {
    expect(frames(run(live(), [received(1, 0)]))).toMatchObject([{ type: 'error', code: 'invalid-message' }]);
  });
});

describe('tokens', () => {
  it('a socket that does not say hello in time is closed; one that has is not', () => {
    const waiting: SessionState = { ...freshSession(), sweepAt: NOW + 10_000 };
    expect(kinds(run(waiting, [{ kind: 'alarm' }], context({ now: NOW + 9_999 })))).toBe('schedule');
    expect(frames(run(waiting, [{ kind: 'alarm' }], context({ now: NOW + 10_000 })))).toMatchObject([
      { type: 'error', code: 'timeout' },
    ]);
    const greeted = run(waiting, [helloEvent]).state;
    expect(kinds(run(greeted, [{ kind: 'alarm' }], context({ now: NOW + 10_000 })))).toBe('schedule');
  });

  it('expiry closes the socket, renewal moves it', () => {
    const late = context({ now: NOW + 900_000 });
    expect(frames(run(live(), [{ kind: 'alarm' }], late))).toMatchObject([{ type: 'error', code: 'unauthenticated' }]);
    const renewed = run(live(), [auth()]);
    expect(kinds(renewed)).toBe('schedule');
    expect(kinds(run(renewed.state, [{ kind: 'alarm' }], late))).toBe('pull schedule');
  });

  it('another scope hydrates again, another person is refused', () => {
    const moved = run(live(), [auth({ claims: { tenantId: 't2' } })]);
    expect(kinds(moved)).toBe('resync send close unregister closed');
    expect(frames(moved)).toMatchObject([{ type: 'resync', cause: 'scope-changed' }]);
    expect(frames(run(live(), [auth({ sub: 'bob' })]))).toMatchObject([{ type: 'error', code: 'forbidden' }]);
  });
});

describe('life', () => {
  it('a newer hello closes the older socket and keeps the registration; its later acks are ignored', () => {
    const step = run(live(), [{ kind: 'replaced' }]);
    expect(step.effects).toEqual([
      { kind: 'close', code: CLOSE_CODE.replacedByNewer, reason: 'replaced by a newer connection' },
    ]);
    expect(run(step.state, [received(0, 0), { kind: 'closed' }]).effects).toEqual([]);
  });

  it('a closed socket unregisters and tells the push that waits', () => {
    const step = run(live(), [push(null, at(3)), { kind: 'closed' }]);
    expect(step.effects).toEqual([
      { kind: 'answer', cursor: null },
      { kind: 'unregister', clientId: CLIENT },
      { kind: 'note', note: { kind: 'closed', position: at(0) } },
    ]);
  });

  it('the attachment round-trips, stays small, and one of another format is refused', () => {
    const state = run(live(), [push(at(0), at(3), [transaction(3, [inserted('1')])])]).state;
    const text = JSON.stringify(serialiseSession(state));
    expect(text.length).toBeLessThan(1_000);
    expect(restoreSession(JSON.parse(text))).toEqual(state);
    expect(restoreSession({ ...serialiseSession(state), format: 0 })).toBeNull();
    expect(restoreSession(null)).toBeNull();
  });
});

describe('the transition table is total', () => {
  const states: Record<SessionPhase, () => SessionState> = {
    new: freshSession,
    registering: () => run(freshSession(), [helloEvent]).state,
    live: () => live(),
    closed: () => run(live(), [{ kind: 'closed' }]).state,
  };
  const events: readonly (readonly [string, SessionEvent])[] = [
    ['hello', helloEvent],
    ['registered', registered(at(0))],
    ['register-failed', { kind: 'register-failed', code: 'unknown-client', message: 'm' }],
    ['push', push(at(0), at(3), [transaction(3, [inserted('1')])])],
    ['pulled', page(at(0), at(3))],
    ['pull-failed', { kind: 'pull-failed', code: 'network', message: 'm' }],
    ['received', received(0, 0)],
    ['auth', auth()],
    ['verify', { kind: 'verify' }],
    ['checkpoint', { kind: 'checkpoint', checkpoint }],
    ['checkpoint-failed', { kind: 'checkpoint-failed', asked: true, code: 'network', message: 'm' }],
    ['refused', { kind: 'refused', code: 'invalid-message', message: 'm' }],
    ['alarm', { kind: 'alarm' }],
    ['woken', { kind: 'woken' }],
    ['replaced', { kind: 'replaced' }],
    ['closed', { kind: 'closed' }],
  ];
  const table: Record<string, Record<SessionPhase, string>> = {
    hello: {
      new: 'registering: replace-older hello register schedule',
      registering: 'closed: error send close unregister closed',
      live: 'closed: error send close unregister closed',
      closed: 'closed:',
    },
    registered: { new: 'new:', registering: 'live: send live', live: 'live:', closed: 'closed:' },
    'register-failed': {
      new: 'new:',
      registering: 'closed: error send close unregister closed',
      live: 'live:',
      closed: 'closed:',
    },
    push: {
      new: 'new: answer',
      registering: 'registering: answer',
      live: 'live: send answer',
      closed: 'closed: answer',
    },
    pulled: { new: 'new:', registering: 'registering:', live: 'live:', closed: 'closed:' },
    'pull-failed': { new: 'new:', registering: 'registering:', live: 'live:', closed: 'closed:' },
    received: {
      new: 'closed: error send close',
      registering: 'closed: error send close unregister closed',
      live: 'live:',
      closed: 'closed:',
    },
    auth: {
      new: 'closed: error send close',
      registering: 'registering: schedule',
      live: 'live: schedule',
      closed: 'closed:',
    },
    verify: {
      new: 'closed: error send close',
      registering: 'closed: error send close unregister closed',
      live: 'live: checkpoint-wanted',
      closed: 'closed:',
    },
    checkpoint: { new: 'new:', registering: 'registering:', live: 'live:', closed: 'closed:' },
    'checkpoint-failed': { new: 'new:', registering: 'registering:', live: 'live:', closed: 'closed:' },
    refused: {
      new: 'closed: error send close',
      registering: 'closed: error send close unregister closed',
      live: 'closed: error send close unregister closed',
      closed: 'closed:',
    },
    alarm: { new: 'new: schedule', registering: 'registering: schedule', live: 'live: schedule', closed: 'closed:' },
    woken: { new: 'new:', registering: 'closed: close unregister closed', live: 'live:', closed: 'closed:' },
    replaced: { new: 'closed: close', registering: 'closed: close', live: 'closed: close', closed: 'closed:' },
    closed: {
      new: 'closed:',
      registering: 'closed: unregister closed',
      live: 'closed: unregister closed',
      closed: 'closed:',
    },
  };

  const cells = events.flatMap(([name, event]) =>
    (Object.keys(states) as SessionPhase[]).map((phase) => [name, phase, event, table[name]?.[phase]] as const),
  );

  it.each(cells)('%s in %s', (_name, phase, event, expected) => {
    const step = sessionStep(states[phase](), event, context());
    expect(`${step.state.phase}: ${kinds(step)}`.trim()).toBe(expected);
    expect(serialiseSession(step.state)).toBeDefined();
  });

  it('the closed state owes and does nothing', () => {
    expect(states.closed()).toMatchObject({
      phase: 'closed',
      behind: false,
      pulling: false,
      owesAnswer: false,
      clientId: CLIENT,
    });
  });
});
