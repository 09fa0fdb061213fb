import type { AdminStatus } from '@millrace/sync-protocol';
import type { Incident } from './rpc.js';

type Counted = AdminStatus['incidents'][number];

/** Counts why clients had to load again, by cause and table (I12). In memory: since the server was started. */
export class Incidents {
  readonly #counts: Map<string, Counted>;

  /** `counted`: before this object was started. */
  constructor(counted: readonly Counted[] = []) {
    this.#counts = new Map(counted.map((each) => [keyOf(each), each]));
  }

  /** `known`: the tables of the schema; whoever orders others does not make us count their names (I11). */
  add({ kind, cause, tables }: Incident, known: ReadonlySet<string>): void {
    const counted = tables === null ? [null] : tables.filter((table) => known.has(table));
    for (const table of counted) {
      const key = keyOf({ kind, cause, table });
      const count = (this.#counts.get(key)?.count ?? 0) + 1;
      this.#counts.set(key, { kind, cause, table, count });
    }
  }

  total(kind: Incident['kind']): number {
    return this.all().reduce((sum, incident) => (incident.kind === kind ? sum + incident.count : sum), 0);
  }

  all(): readonly Counted[] {
    return [...this.#counts.values()];
  }
}

function keyOf({ kind, cause, table }: Pick<Counted, 'kind' | 'cause' | 'table'>): string {
  return JSON.stringify([kind, cause, table]);
}
