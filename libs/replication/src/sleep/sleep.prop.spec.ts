import fc from 'fast-check';
import {
  initialSleepState,
  nextAlarmAt,
  sleepStep,
  type SleepBounds,
  type SleepEffect,
  type SleepEvent,
} from './sleep.js';

const bounds: SleepBounds = { idleAfterMs: 60, maxSleepMs: 3_600 };
const WATCH_MS = 5;

/** What happens from outside. What was begun ends at a moment of its own, and maybe in failure. */
type Happening =
  | 'call'
  | 'answer'
  | 'connect'
  | 'leave'
  | 'wait'
  | 'long-wait'
  | 'settle-ends'
  | 'settle-fails'
  | 'close-ends'
  | 'restart';
const HAPPENINGS: readonly Happening[] = [
  'call',
  'answer',
  'answer',
  'connect',
  'leave',
  'wait',
  'wait',
  'long-wait',
  'settle-ends',
  'settle-ends',
  'settle-fails',
  'close-ends',
  'close-ends',
  'restart',
];

/** A server whose connections are counted, with an alarm that rings when it is due. */
class Server {
  now = 0;
  clients = 0;
  calls = 0;
  /** Capture was begun, and its connections are not being closed. */
  open = true;
  settling: number | null = null;
  closing = false;
  stored: SleepState['stored'] = null;
  state = initialSleepState(null, { clients: 0, now: 0 });

  handle(event: SleepEvent): void {
    const { state, effects } = sleepStep(this.state, event, bounds);
    this.state = state;
    effects.forEach((effect) => this.perform(effect));
  }

  perform(effect: SleepEffect): void {
    expect(this.closing).toBe(false);
    if (effect.kind === 'close') {
      expect({ clients: this.clients, calls: this.calls }).toEqual({ clients: 0, calls: 0 });
      this.closing = true;
      this.open = false;
      this.stored = effect.sleep;
      return;
    }
    this.open = true;
    this.stored = null;
    if (effect.kind === 'settle') this.settling = effect.turn;
  }

  happen(what: Happening): void {
    const { now } = this;
    if (what === 'call') this.handle({ kind: 'called', now: this.count('calls', 1) });
    else if (what === 'answer' && this.calls > 0 && this.open)
      this.handle({ kind: 'answered', now: this.count('calls', -1) });
    else if (what === 'connect' && this.calls > 0 && this.open)
      this.handle({ kind: 'clients', now: this.count('clients', 1), count: this.clients });
    else if (what === 'leave' && this.clients > 0)
      this.handle({ kind: 'clients', now: this.count('clients', -1), count: this.clients });
    else if (what === 'settle-ends' && this.settling !== null)
      this.handle({ kind: 'settled', turn: this.settling, now });
    else if (what === 'settle-fails' && this.settling !== null)
      this.handle({ kind: 'settle-failed', turn: this.settling });
    else if (what === 'close-ends' && this.closing) this.close();
    else if (what === 'restart') this.restart();
    else if (what === 'wait') this.pass(7);
    else if (what === 'long-wait') this.pass(200);
  }

  /** Time passes; the alarm rings whenever it is due. */
  pass(ms: number): void {
    for (const until = this.now + ms; ; ) {
      const at = nextAlarmAt(this.state, bounds, { now: this.now, watchMs: WATCH_MS });
      expect(at).toBeGreaterThan(this.now);
      this.now = Math.min(at, until);
      if (at > until) return;
      this.handle({ kind: 'tick', sound: this.open, now: this.now });
    }
  }

  close(): void {
    this.closing = false;
    this.handle({ kind: 'closed' });
  }

  /** Calls are lost with the process; what is stored, and who is registered, is not. */
  restart(): void {
    Object.assign(this, { calls: 0, open: false, settling: null, closing: false });
    this.state = initialSleepState(this.stored, { clients: this.clients, now: this.now });
  }

  private count(what: 'clients' | 'calls', by: number): number {
    this[what] += by;
    return this.now;
  }
}

interface SleepState {
  readonly stored: { readonly since: number; readonly nextLookAt: number } | null;
}

const RUNS = { numRuns: 300 };
const happenings = fc.array(fc.constantFrom(...HAPPENINGS), { maxLength: 120 });

test('[Z1] whatever happens in whatever order: never asleep with somebody there, and the store knows', () => {
  fc.assert(
    fc.property(happenings, (all) => {
      const server = new Server();
      for (const what of all) {
        server.happen(what);
        const { phase } = server.state;
        if (phase.kind === 'asleep') {
          expect({ clients: server.clients, calls: server.calls, open: server.open }).toEqual({
            clients: 0,
            calls: 0,
            open: false,
          });
          expect(server.stored).toEqual(phase.sleep);
        }
        if (server.calls > 0) expect(server.open || server.closing).toBe(true);
      }
    }),
    RUNS,
  );
});

test('[Z1] from wherever it is: whoever calls finds it open, and with nobody there it comes to rest within its bounds', () => {
  fc.assert(
    fc.property(happenings, (all) => {
      const server = new Server();
      for (const what of all) server.happen(what);
      server.happen('call');
      server.happen('close-ends');
      expect(server.open).toBe(true);

      while (server.calls > 0) server.happen('answer');
      while (server.clients > 0) server.happen('leave');
      server.pass(bounds.idleAfterMs + 2 * WATCH_MS);
      server.happen('settle-ends');
      server.happen('close-ends');
      expect(server.state.phase.kind).toBe('asleep');

      server.pass(bounds.maxSleepMs);
      expect(server.state.phase.kind).toBe('settling');
    }),
    RUNS,
  );
});
