/** When sleep began and when it ends by itself, ms since 1970. */
export interface Sleep {
  readonly since: number;
  readonly nextLookAt: number;
}

export interface SleepBounds {
  /** So long nobody has to be there before we let go of Postgres, ms; 0: never. */
  readonly idleAfterMs: number;
  /** Longest sleep, ms: WAL is retained for it. */
  readonly maxSleepMs: number;
}

/** What is open towards Postgres. Settling: everything that is in the WAL by now is persisted and confirmed first, so that little of it is retained. */
export type SleepPhase =
  | { readonly kind: 'awake' }
  | { readonly kind: 'settling'; readonly turn: number }
  | { readonly kind: 'closing'; readonly sleep: Sleep; readonly wanted: boolean }
  | { readonly kind: 'asleep'; readonly sleep: Sleep };

export interface SleepState {
  readonly phase: SleepPhase;
  /** Clients that are connected. */
  readonly clients: number;
  /** Calls that need capture and are not answered yet. */
  readonly calls: number;
  /** When somebody last needed capture, ms since 1970. */
  readonly usedAt: number;
  /** Counts settlings, so that the end of one that was given up is not taken for another's. */
  readonly turns: number;
}

export type SleepEvent =
  /** Somebody needs capture, until `answered`. */
  | { readonly kind: 'called'; readonly now: number }
  | { readonly kind: 'answered'; readonly now: number }
  /** So many clients are connected. */
  | { readonly kind: 'clients'; readonly count: number; readonly now: number }
  /** The alarm. `sound`: capture reads the WAL, and nothing stands in its way. */
  | { readonly kind: 'tick'; readonly sound: boolean; readonly now: number }
  | { readonly kind: 'settled'; readonly turn: number; readonly now: number }
  | { readonly kind: 'settle-failed'; readonly turn: number }
  | { readonly kind: 'closed' };

export type SleepEffect =
  /** Begin to capture, unless it is begun. */
  | { readonly kind: 'open' }
  /** Begin to capture, unless it is begun; persist and confirm what is in the WAL now; report `settled` or `settle-failed`. */
  | { readonly kind: 'settle'; readonly turn: number }
  /** Store when sleep ends and set the alarm for it; then close all connections; report `closed`. */
  | { readonly kind: 'close'; readonly sleep: Sleep };

export interface SleepStep {
  readonly state: SleepState;
  readonly effects: readonly SleepEffect[];
}

/** After a start of the process. `stored`: it was asleep. Whoever is registered keeps it awake, whatever is stored. */
export function initialSleepState(
  stored: Sleep | null,
  { clients, now }: { readonly clients: number; readonly now: number },
): SleepState {
  const asleep = stored !== null && clients === 0;
  return {
    phase: asleep ? { kind: 'asleep', sleep: stored } : { kind: 'awake' },
    clients,
    calls: 0,
    usedAt: now,
    turns: 0,
  };
}

/**
 * Whether we hold connections to Postgres [Z1]. Pure. A fault of capture keeps it awake: asleep, nobody would hear of it. What is decided while
 * connections are being closed waits until they are: two captures of one slot would be in each other's way.
 */
export function sleepStep(state: SleepState, event: SleepEvent, bounds: SleepBounds): SleepStep {
  switch (event.kind) {
    case 'called':
      return needed({ ...state, calls: state.calls + 1, usedAt: event.now });
    case 'answered':
      return still({ ...state, calls: state.calls - 1, usedAt: event.now });
    case 'clients':
      return clientsAre(state, event.count, event.now);
    case 'tick':
      return ticked(state, event, bounds);
    case 'settled':
      return settled(state, event, bounds);
    case 'settle-failed':
      return isTurn(state, event.turn) ? still({ ...state, phase: { kind: 'awake' } }) : still(state);
    case 'closed':
      return closed(state);
  }
}

/** When the alarm has to ring next, ms since 1970. `watchMs`: how often capture is looked after while it runs. */
export function nextAlarmAt(
  state: SleepState,
  bounds: SleepBounds,
  { now, watchMs }: { readonly now: number; readonly watchMs: number },
): number {
  const { phase } = state;
  const resting = phase.kind === 'asleep' || (phase.kind === 'closing' && !phase.wanted);
  if (resting && phase.sleep.nextLookAt > now) return phase.sleep.nextLookAt;
  const restAt = maySleep(state, bounds) ? state.usedAt + bounds.idleAfterMs : Number.POSITIVE_INFINITY;
  return restAt > now ? Math.min(restAt, now + watchMs) : now + watchMs;
}

function clientsAre(state: SleepState, count: number, now: number): SleepStep {
  if (count > 0) return needed({ ...state, clients: count, usedAt: now });
  return still({ ...state, clients: 0, usedAt: state.clients > 0 ? now : state.usedAt });
}

function needed(state: SleepState): SleepStep {
  const { phase } = state;
  if (phase.kind === 'closing') return still({ ...state, phase: { ...phase, wanted: true } });
  return { state: { ...state, phase: { kind: 'awake' } }, effects: [{ kind: 'open' }] };
}

function ticked(state: SleepState, { sound, now }: SleepEvent & { kind: 'tick' }, bounds: SleepBounds): SleepStep {
  const { phase } = state;
  if (phase.kind === 'asleep') return now < phase.sleep.nextLookAt ? still(state) : settle(state);
  if (phase.kind !== 'awake') return still(state);
  if (sound && maySleep(state, bounds) && now - state.usedAt >= bounds.idleAfterMs) return settle(state);
  return { state, effects: [{ kind: 'open' }] };
}

function settle(state: SleepState): SleepStep {
  const turn = state.turns + 1;
  return { state: { ...state, phase: { kind: 'settling', turn }, turns: turn }, effects: [{ kind: 'settle', turn }] };
}

function settled(state: SleepState, { turn, now }: SleepEvent & { kind: 'settled' }, bounds: SleepBounds): SleepStep {
  if (!isTurn(state, turn)) return still(state);
  if (!maySleep(state, bounds)) return still({ ...state, phase: { kind: 'awake' } });
  const sleep = { since: now, nextLookAt: now + bounds.maxSleepMs };
  return { state: { ...state, phase: { kind: 'closing', sleep, wanted: false } }, effects: [{ kind: 'close', sleep }] };
}

function closed(state: SleepState): SleepStep {
  const { phase } = state;
  if (phase.kind !== 'closing') return still(state);
  if (phase.wanted) return { state: { ...state, phase: { kind: 'awake' } }, effects: [{ kind: 'open' }] };
  return still({ ...state, phase: { kind: 'asleep', sleep: phase.sleep } });
}

function maySleep({ clients, calls }: SleepState, { idleAfterMs }: SleepBounds): boolean {
  return idleAfterMs > 0 && clients === 0 && calls === 0;
}

function isTurn({ phase }: SleepState, turn: number): boolean {
  return phase.kind === 'settling' && phase.turn === turn;
}

function still(state: SleepState): SleepStep {
  return { state, effects: [] };
}
