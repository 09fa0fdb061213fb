import {
  initialSleepState,
  nextAlarmAt,
  sleepStep,
  type SleepBounds,
  type SleepEffect,
  type SleepEvent,
  type SleepState,
} from './sleep.js';

const bounds: SleepBounds = { idleAfterMs: 60_000, maxSleepMs: 3_600_000 };
const STORED = { since: 0, nextLookAt: 3_600_000 };

/** Plays events one after the other; returns where they lead and what was to be done for the last one. */
function play(state: SleepState, events: readonly SleepEvent[], given = bounds) {
  let effects: readonly SleepEffect[] = [];
  for (const event of events) ({ state, effects } = sleepStep(state, event, given));
  return { state, effects };
}

const tick = (now: number, sound = true): SleepEvent => ({ kind: 'tick', sound, now });
const awake = initialSleepState(null, { clients: 0, now: 0 });
const settling = play(awake, [tick(60_000)]).state;
const closing = play(settling, [{ kind: 'settled', turn: 1, now: 61_000 }]).state;
const asleep = play(closing, [{ kind: 'closed' }]).state;

describe('[Z1] falling asleep', () => {
  it('settles, then closes, then sleeps, once nobody has been there for idleAfter', () => {
    expect(play(awake, [tick(59_999)]).effects).toEqual([{ kind: 'open' }]);
    expect(play(awake, [tick(60_000)]).effects).toEqual([{ kind: 'settle', turn: 1 }]);
    const sleep = { since: 61_000, nextLookAt: 3_661_000 };
    expect(play(settling, [{ kind: 'settled', turn: 1, now: 61_000 }]).effects).toEqual([{ kind: 'close', sleep }]);
    expect(asleep.phase).toEqual({ kind: 'asleep', sleep });
  });

  it.each<[string, readonly SleepEvent[]]>([
    ['a client is connected', [{ kind: 'clients', count: 1, now: 0 }, tick(90_000)]],
    ['a call is not answered yet', [{ kind: 'called', now: 0 }, tick(90_000)]],
    ['somebody called a moment ago', [{ kind: 'called', now: 0 }, { kind: 'answered', now: 40_000 }, tick(90_000)]],
    [
      'the last client left a moment ago',
      [{ kind: 'clients', count: 2, now: 0 }, { kind: 'clients', count: 0, now: 40_000 }, tick(90_000)],
    ],
    ['capture fails: asleep, nobody would hear of it', [tick(90_000, false)]],
  ])('not while %s', (_why, events) => expect(play(awake, events).effects).toEqual([{ kind: 'open' }]));

  it('never, where idleAfter is 0', () => {
    expect(play(awake, [tick(1e9)], { ...bounds, idleAfterMs: 0 }).effects).toEqual([{ kind: 'open' }]);
  });

  it('is tried again later when it could not settle', () => {
    const { state } = play(settling, [{ kind: 'settle-failed', turn: 1 }]);
    expect(state.phase).toEqual({ kind: 'awake' });
    expect(play(state, [tick(65_000)]).effects).toEqual([{ kind: 'settle', turn: 2 }]);
  });

  it('is given up when somebody comes while it settles, and the end of that settling is nobody’s', () => {
    const { state, effects } = play(settling, [{ kind: 'called', now: 60_500 }]);
    expect([state.phase, effects]).toEqual([{ kind: 'awake' }, [{ kind: 'open' }]]);
    const again = play(state, [{ kind: 'answered', now: 60_600 }, tick(120_600)]).state;
    expect(play(again, [{ kind: 'settled', turn: 1, now: 120_700 }]).state.phase.kind).toBe('settling');
  });

  it('ends in waking when somebody comes while connections are being closed, and not before they are', () => {
    const called = play(closing, [{ kind: 'called', now: 61_001 }]);
    expect(called.effects).toEqual([]);
    const { state, effects } = play(called.state, [{ kind: 'closed' }]);
    expect([state.phase, effects]).toEqual([{ kind: 'awake' }, [{ kind: 'open' }]]);
  });
});

describe('[Z1] asleep', () => {
  it.each<SleepEvent>([
    { kind: 'called', now: 70_000 },
    { kind: 'clients', count: 1, now: 70_000 },
  ])('wakes by $kind', (event) => {
    const { state, effects } = play(asleep, [event]);
    expect([state.phase, effects]).toEqual([{ kind: 'awake' }, [{ kind: 'open' }]]);
  });

  it('looks by itself after maxSleep, and sleeps again right after it', () => {
    expect(play(asleep, [tick(3_660_999)]).effects).toEqual([]);
    const { state, effects } = play(asleep, [tick(3_661_000)]);
    expect(effects).toEqual([{ kind: 'settle', turn: 2 }]);
    expect(play(state, [{ kind: 'settled', turn: 2, now: 3_662_000 }]).effects).toMatchObject([{ kind: 'close' }]);
  });

  it('stays so over a restart, unless somebody is registered', () => {
    expect(initialSleepState(STORED, { clients: 0, now: 9 }).phase).toEqual({ kind: 'asleep', sleep: STORED });
    expect(initialSleepState(STORED, { clients: 1, now: 9 }).phase).toEqual({ kind: 'awake' });
  });
});

describe('the alarm', () => {
  const at = (state: SleepState, now: number) => nextAlarmAt(state, bounds, { now, watchMs: 5_000 });

  it('rings often while capture runs, and sooner where sleep may begin', () => {
    expect(at(awake, 0)).toBe(5_000);
    expect(at(awake, 58_000)).toBe(60_000);
    expect(at(awake, 60_000)).toBe(65_000);
    expect(at(play(awake, [{ kind: 'clients', count: 1, now: 0 }]).state, 58_000)).toBe(63_000);
  });

  it('rings at the end of sleep, from the moment at which that is decided; an overdue one goes on watching (F45)', () => {
    expect([at(closing, 61_000), at(asleep, 62_000)]).toEqual([3_661_000, 3_661_000]);
    expect(at(asleep, 3_661_000)).toBe(3_666_000);
    expect(at(play(closing, [{ kind: 'called', now: 61_000 }]).state, 61_000)).toBe(66_000);
  });
});
