import { errorText, type Clock, type Logger } from '@millrace/kernel';
import { readingFailed } from './reading-failed.js';
import type { TableBuilder } from './table-builder.js';
import { isOf, type BuildStore, type TableInFormat, type TableWant } from './table-build.js';

/** So long a failure is remembered for somebody who had been told to wait. */
const FAILURE_KEPT_MS = 60_000;

interface Flight {
  readonly want: TableWant;
  rows: number;
  estimate: number;
  readonly done: Promise<void>;
}

export interface BuildFlightsOptions {
  readonly builder: Pick<TableBuilder, 'read' | 'finish'>;
  readonly store: Pick<BuildStore, 'wants' | 'saveWants'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Each table in each format is read by one reader at a time, for however many callers; one after the other, in one session. */
export class BuildFlights {
  readonly #options: BuildFlightsOptions;
  readonly #flights = new Set<Flight>();
  readonly #failures = new Map<string, { readonly error: unknown; readonly at: number }>();
  #turn: Promise<void> = Promise.resolve();

  constructor(options: BuildFlightsOptions) {
    this.#options = options;
  }

  /** Takes up what a former run left. Resolves when nothing is wanted any more. */
  async resume(): Promise<void> {
    const wants = this.#options.store.wants();
    await Promise.all(wants.map((want) => this.join(want).catch(() => undefined)));
  }

  /**
   * Resolves when a build of the table is finished: one that is under way, or a new one. One under way may have begun before the want, so that the
   * caller has to look whether it will do. Rejects as the build did.
   */
  join(want: TableWant): Promise<void> {
    return (this.#flightOf(want) ?? this.#begin(want)).done;
  }

  /** Rows read so far, and about how many there will be, of tables under way. */
  progress(tables: readonly TableInFormat[]): { readonly rows: number; readonly rowEstimate: number } {
    const flights = tables.flatMap((table) => this.#flightOf(table) ?? []);
    return {
      rows: flights.reduce((sum, { rows }) => sum + rows, 0),
      rowEstimate: flights.reduce((sum, { estimate }) => sum + estimate, 0),
    };
  }

  /** What a build of these tables failed of since its callers were told to wait. Told once: the next caller after that tries again. */
  takeFailure(tables: readonly TableInFormat[]): { readonly error: unknown } | null {
    const { clock } = this.#options;
    let taken: { readonly error: unknown } | null = null;
    for (const name of tables.map(nameOf)) {
      const failure = this.#failures.get(name);
      this.#failures.delete(name);
      if (failure && clock.now() - failure.at < FAILURE_KEPT_MS) taken ??= failure;
    }
    return taken;
  }

  #flightOf(table: TableInFormat): Flight | undefined {
    return [...this.#flights].find(({ want }) => isOf(want, table));
  }

  #begin(want: TableWant): Flight {
    const ended = Promise.withResolvers<void>();
    ended.promise.catch(() => undefined); // whoever waits for it hears of it
    const flight: Flight = { want, rows: 0, estimate: 0, done: ended.promise };
    this.#flights.add(flight);
    this.#saveWants();
    this.#run(flight).then(ended.resolve, ended.reject);
    return flight;
  }

  async #run(flight: Flight): Promise<void> {
    const { builder, clock, logger } = this.#options;
    const name = nameOf(flight.want);
    const onRows = (rows: number, estimate: number) => Object.assign(flight, { rows, estimate });
    try {
      const build = await this.#inTurn(() => readingFailed(() => builder.read({ ...flight.want, onRows })));
      // History is waited for while the next table is read.
      await builder.finish(build);
      this.#failures.delete(name);
    } catch (error) {
      logger.warn('snapshot of a table failed', { table: flight.want.table, reason: errorText(error) });
      this.#failures.set(name, { error, at: clock.now() });
      throw error;
    } finally {
      this.#flights.delete(flight);
      this.#saveWants();
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  #saveWants(): void {
    this.#options.store.saveWants([...this.#flights].map(({ want }) => want));
  }
}

function nameOf({ table, format }: TableInFormat): string {
  return `${format} ${table}`;
}
