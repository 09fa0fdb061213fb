import { CLOSE_CODE, type Position } from '@millrace/kernel';
import { decodeServerMessages, type ServerMessage } from '@millrace/sync-protocol';
import type { HistoryTransaction } from '@millrace/change-history';
import {
  CLIENT,
  NOW,
  TENANT,
  TX,
  at,
  context,
  freshSession,
  hello,
  inserted,
  transaction,
} from '../testing/fixture.js';
import type { SessionEffect, SessionEvent } from './session-event.js';
import { restoreSession, serialiseSession, type SessionPhase, type SessionState } from './session-state.js';
import { sessionStep } from './session.js';
import type { SessionContext, SessionStep } from './step.js';

const TENANT_SCOPE = '[["tenantId","t1"]]';
const helloEvent: SessionEvent = { kind: 'hello', hello: hello(), rememberedScope: TENANT_SCOPE };
const registered = (head: Position): SessionEvent => ({ kind: 'registered', head, verdicts: [] });
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

function run(state: SessionState, events: readonly SessionEvent[], ctx: SessionContext = context()): SessionStep {
  return events.reduce<SessionStep>((step, event) => sessionStep(step.state, event, ctx), { state, effects: [] });
}

function live(head = at(0), ctx = context()): SessionState {
  return run(freshSession(), [helloEvent, registered(head)], ctx).state;
}

function kinds({ effects }: SessionStep): string {
  return effects.map(({ kind }) => kind).join(' ');
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
    expect(kinds(step)).toBe('replace-older register schedule');
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
      },
      context(),
    );
    expect(kinds(welcomed)).toBe('send pull');
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
    expect(kinds(run(freshSession(), [helloEvent, registered(at(0))]))).toBe('send');
  });

  it('a doorbell before welcome is remembered', () => {
    expect(kinds(run(freshSession(), [helloEvent, push(null, at(4)), registered(at(0))]))).toBe('send pull');
  });

  it.each([
    ['another epoch', at(9, TX), 'epoch-changed'],
    ['a cursor beyond the head', { ...at(0), seq: -1n }, 'cursor-unknown'],
    ['another chain at the head', { ...at(0), chain: 'f'.repeat(32) }, 'cursor-unknown'],
  ])('[A4] %s hydrates again with its cause', (_what, head, cause) => {
    const step = run(freshSession(), [helloEvent, registered(head)]);
    expect(kinds(step)).toBe('resynced send close unregister');
    expect(frames(step)).toMatchObject([{ type: 'resync', cause }]);
    expect(find(step, 'close')).toMatchObject({ code: CLOSE_CODE.resync });
  });

  it.each([
    ['protocol-version', hello({ protocol: 99 })],
    ['protocol-version', hello({ protocol: 0 })],
    ['forbidden', hello({ clientId: TX })],
  ])('refuses with %s', (code, message) => {
    const step = run(freshSession(), [{ kind: 'hello', hello: message, rememberedScope: null }]);
    expect(frames(step)).toMatchObject([{ type: 'error', code }]);
    expect(step.state.phase).toBe('closed');
  });

  it('refuses an expired token', () => {
    expect(frames(run(freshSession(), [helloEvent], context({ now: NOW + 900_000 })))).toMatchObject([
      { code: 'unauthenticated' },
    ]);
  });

  it('an app of another schema is told so and gets no rows', () => {
    const event: SessionEvent = { kind: 'hello', hello: hello({ schemaVersion: '0.9.0' }), rememberedScope: null };
    const step = run(freshSession(), [event, registered(at(5))]);
    expect(frames(step)).toMatchObject([
      { type: 'welcome', schema: { fit: 'must-update-app' } },
      { type: 'error', code: 'schema-unknown' },
    ]);
    expect(step.state.phase).toBe('closed');
  });

  it('remembers a scope once, and another one hydrates again', () => {
    expect(find(run(freshSession(), [{ ...helloEvent, rememberedScope: null }]), 'remember')).toEqual({
      kind: 'remember',
      scope: TENANT_SCOPE,
    });
    expect(find(run(freshSession(), [helloEvent]), 'remember')).toBeUndefined();
    const moved = run(freshSession(), [{ ...helloEvent, rememberedScope: '[["tenantId","t0"]]' }]);
    expect(kinds(moved)).toBe('replace-older remember resynced send close');
    expect(frames(moved)).toMatchObject([{ type: 'resync', cause: 'scope-changed' }]);
  });

  it('keeps only the claims that rules name, and refuses a state beyond an attachment', () => {
    expect(live().claims).toEqual(TENANT);
    const fat = { ...freshSession(), claims: { tenantId: 'x'.repeat(16_000) } };
    expect(frames(run(fat, [{ ...helloEvent, rememberedScope: null }]))).toMatchObject([{ code: 'limit-exceeded' }]);
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
    expect(kinds(ended)).toBe('resynced send close answer unregister');
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
    expect(kinds(moved)).toBe('remember resynced send close unregister');
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
    ['refused', { kind: 'refused', code: 'invalid-message', message: 'm' }],
    ['alarm', { kind: 'alarm' }],
    ['woken', { kind: 'woken' }],
    ['replaced', { kind: 'replaced' }],
    ['closed', { kind: 'closed' }],
  ];
  const table: Record<string, Record<SessionPhase, string>> = {
    hello: {
      new: 'registering: replace-older register schedule',
      registering: 'closed: send close unregister',
      live: 'closed: send close unregister',
      closed: 'closed:',
    },
    registered: { new: 'new:', registering: 'live: send', live: 'live:', closed: 'closed:' },
    'register-failed': { new: 'new:', registering: 'closed: send close unregister', live: 'live:', closed: 'closed:' },
    push: {
      new: 'new: answer',
      registering: 'registering: answer',
      live: 'live: send answer',
      closed: 'closed: answer',
    },
    pulled: { new: 'new:', registering: 'registering:', live: 'live:', closed: 'closed:' },
    'pull-failed': { new: 'new:', registering: 'registering:', live: 'live:', closed: 'closed:' },
    received: {
      new: 'closed: send close',
      registering: 'closed: send close unregister',
      live: 'live:',
      closed: 'closed:',
    },
    auth: {
      new: 'closed: send close',
      registering: 'registering: schedule',
      live: 'live: schedule',
      closed: 'closed:',
    },
    refused: {
      new: 'closed: send close',
      registering: 'closed: send close unregister',
      live: 'closed: send close unregister',
      closed: 'closed:',
    },
    alarm: { new: 'new: schedule', registering: 'registering: schedule', live: 'live: schedule', closed: 'closed:' },
    woken: { new: 'new:', registering: 'closed: close unregister', live: 'live:', closed: 'closed:' },
    replaced: { new: 'closed: close', registering: 'closed: close', live: 'closed: close', closed: 'closed:' },
    closed: { new: 'closed:', registering: 'closed: unregister', live: 'closed: unregister', closed: 'closed:' },
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
