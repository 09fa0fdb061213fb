import { backoffDelay, CLOSE_CODE, errorText, SyncError, type Socket } from '@millrace/kernel';
import { decodeServerMessages, encodeClientMessages } from '@millrace/sync-protocol';
import type { ClientEffect, Delay, VerifyOutcome } from './client-effect.js';
import type { ClientEvent, TimerName } from './client-event.js';
import type { ClientFault, ClientState } from './client-state.js';
import { compareCheckpoint } from './compare-checkpoint.js';
import { hydrate } from './hydration/hydrate.js';
import type { StoreSummary } from './ports/client-store.js';
import { pushOutbox } from './push-outbox.js';
import type { RunClientOptions } from './run-client.js';
import { tokenLifeMs } from './token-life.js';

export interface EffectRunner {
  run(effect: ClientEffect): void;
  /** Reports the store's summary; never rejects. */
  refresh(): Promise<void>;
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>;
}

type Effect<Type extends ClientEffect['type']> = Extract<ClientEffect, { type: Type }>;

/** What the runner reports to. */
export interface EffectListener {
  readonly dispatch: (event: ClientEvent) => void;
  readonly state: () => ClientState;
  /** For those who wait for `verify`. */
  readonly verified: (outcome: VerifyOutcome) => void;
  /** For those who wait for a migration. */
  readonly migrationEnded: (name: string, error: ClientFault | null) => void;
}

interface RunningHydration {
  readonly abort: AbortController;
  /** Never rejects. */
  readonly ended: Promise<void>;
}

/** Performs the reducer's effects through the ports. Holds what cannot be a value: the socket, timers, the running hydration. */
export function effectRunner(
  options: RunClientOptions,
  { dispatch, state, verified, migrationEnded }: EffectListener,
): EffectRunner {
  const { store, transport, clock, random, logger } = options;
  const timers = new Map<TimerName, () => void>();
  const underWay = new Set<Promise<void>>();
  let socket: { readonly connection: number; readonly socket: Socket } | null = null;
  let hydration: RunningHydration | null = null;

  /** `work` never rejects: it ends in an event. */
  function begin(work: () => Promise<ClientEvent | null>, failed: (error: SyncError) => ClientEvent): Promise<void> {
    const running = work()
      .catch((error: unknown) => failed(toSyncError(error)))
      .then((event) => {
        underWay.delete(running);
        if (event) dispatch(event);
      });
    underWay.add(running);
    return running;
  }

  async function token(): Promise<string> {
    try {
      return await options.getToken();
    } catch (cause) {
      throw new SyncError('unauthenticated', `no token: ${errorText(cause)}`, { cause });
    }
  }

  async function register(): Promise<ClientEvent> {
    const { epoch } = await transport.register(state().clientId, await token());
    await store.registered(epoch);
    return { type: 'registered', epoch };
  }

  /** One hydration at a time: the one before must have let go of files and store. */
  function startHydration({ hydration: id, cause, tables, atLeast, not }: Effect<'hydrate'>): void {
    const before = hydration;
    before?.abort.abort();
    const abort = new AbortController();
    logger.info('hydrating', { cause, tables });
    let cleared = Promise.resolve();
    const hydrated = begin(
      async () => {
        await before?.ended;
        ({ cleared } = await hydrate(
          { cause, tables, atLeast, not },
          { ...options, appVersion: options.schema.version, clientId: state().clientId, token },
          {
            signal: abort.signal,
            onProgress: (progress) => dispatch({ type: 'hydrate-progress', hydration: id, progress }),
          },
        ));
        // Local writes went on meanwhile: what the store was when the rows became durable may be long past.
        return { type: 'hydrated', hydration: id, summary: await store.summary() };
      },
      (error) => ({ type: 'hydrate-failed', hydration: id, error }),
    );
    const ended = hydrated.then(() => cleared).finally(() => underWay.delete(ended));
    underWay.add(ended);
    hydration = { abort, ended };
  }

  async function compare({ checkpoint }: Effect<'compare'>): Promise<ClientEvent> {
    const known = new Set(store.schema().tables.map(({ name }) => name));
    const names = checkpoint.tables.map(({ name }) => name).filter((name) => known.has(name));
    const tables = compareCheckpoint(checkpoint, await store.tableStates(names));
    for (const { name, outcome } of tables)
      if (outcome === 'different') logger.error('a table differs from the server', { table: name });
    return { type: 'compared', tables };
  }

  async function openSocket(connection: number): Promise<ClientEvent | null> {
    const bearer = await token();
    if (state().connection !== connection || state().phase !== 'connecting') return null;
    const opened = transport.openSocket(state().clientId, bearer, {
      opened: () => dispatch({ type: 'socket-opened', connection, tokenLifeMs: tokenLifeMs(bearer, clock.now()) }),
      message: (text) => dispatch(messageEvent(connection, text)),
      closed: (code, reason) => dispatch({ type: 'socket-closed', connection, code, reason }),
    });
    socket = { connection, socket: opened };
    return null;
  }

  async function renewToken(connection: number): Promise<ClientEvent> {
    const bearer = await token();
    return { type: 'token-renewed', connection, token: bearer, tokenLifeMs: tokenLifeMs(bearer, clock.now()) };
  }

  async function push(): Promise<ClientEvent> {
    const { conflict, results, summary } = await pushOutbox(state().clientId, { store, transport, token });
    return conflict ? { type: 'reconciled', summary } : { type: 'pushed', results, summary };
  }

  async function migrate({ step, byApp }: Effect<'migrate'>): Promise<ClientEvent> {
    const summary = await store.migrate(step, { byApp });
    return { type: 'migrated', step, byApp, summary, migrations: await store.migrations() };
  }

  async function apply({ transactions }: Effect<'apply'>): Promise<ClientEvent> {
    const isStep = transactions.some(({ steps }) => steps.length > 0);
    let applied: ClientEvent;
    try {
      applied = { type: 'applied', summary: await store.apply(transactions) };
    } catch (error) {
      applied = { type: 'apply-failed', error: toSyncError(error) };
    }
    return isStep ? { ...applied, migrations: await store.migrations() } : applied;
  }

  function startTimer(timer: TimerName, delay: Delay): void {
    timers.get(timer)?.();
    const ms = 'ms' in delay ? delay.ms : backoffDelay(delay.attempt, random);
    timers.set(
      timer,
      clock.after(ms, () => {
        timers.delete(timer);
        dispatch({ type: 'timer', timer });
      }),
    );
  }

  function stopTimer(timer: TimerName): void {
    timers.get(timer)?.();
    timers.delete(timer);
  }

  function onStore(work: () => Promise<StoreSummary>): Promise<void> {
    return begin(
      () => work().then((summary) => ({ type: 'store-changed', summary })),
      (error) => ({ type: 'store-failed', error }),
    );
  }

  function run(effect: ClientEffect): void {
    switch (effect.type) {
      case 'register':
        return void begin(register, (error) => ({ type: 'register-failed', error }));
      case 'hydrate':
        return startHydration(effect);
      case 'cancel-hydrate':
        return hydration?.abort.abort();
      case 'compare':
        return void begin(
          () => compare(effect),
          (error) => ({ type: 'compare-failed', error }),
        );
      case 'verified':
        return verified(effect.outcome);
      case 'open-socket':
        return void begin(
          () => openSocket(effect.connection),
          (error) => ({
            type: 'socket-closed',
            connection: effect.connection,
            code: error.code === 'unauthenticated' ? CLOSE_CODE.unauthenticated : 1006,
            reason: error.message,
          }),
        );
      case 'close-socket':
        if (socket?.connection === effect.connection) {
          socket.socket.close(effect.code, effect.reason);
          socket = null;
        }
        return;
      case 'send':
        if (socket?.connection === effect.connection) socket.socket.send(encodeClientMessages(effect.messages));
        return;
      case 'renew-token':
        return void begin(
          () => renewToken(effect.connection),
          () => ({ type: 'token-failed', connection: effect.connection }),
        );
      case 'apply':
        return void begin(
          () => apply(effect),
          (error) => ({ type: 'apply-failed', error }),
        );
      case 'migrate':
        return void begin(
          () => migrate(effect),
          (error) => ({ type: 'migrate-failed', step: effect.step, error }),
        );
      case 'migration-ended':
        return migrationEnded(effect.name, effect.error);
      case 'settle':
        return void onStore(() => store.settle(effect.results));
      case 'push':
        return void begin(push, (error) => ({ type: 'push-failed', error }));
      case 'start-timer':
        return startTimer(effect.timer, effect.delay);
      case 'stop-timer':
        return stopTimer(effect.timer);
    }
  }

  async function settled(): Promise<void> {
    for (const timer of [...timers.keys()]) stopTimer(timer);
    while (underWay.size > 0) await Promise.all(underWay);
  }

  return { run, refresh: () => onStore(store.summary), settled };
}

function messageEvent(connection: number, text: string): ClientEvent {
  try {
    return { type: 'socket-message', connection, messages: decodeServerMessages(text), chars: text.length };
  } catch (error) {
    return { type: 'socket-garbled', connection, error: toSyncError(error) };
  }
}

/** Anything thrown, as one of the catalogue: what is none of ours came from the store. */
function toSyncError(error: unknown): SyncError {
  return error instanceof SyncError ? error : new SyncError('storage-failed', errorText(error), { cause: error });
}
