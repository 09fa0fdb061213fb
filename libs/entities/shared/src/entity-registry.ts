import type { ConflictPolicy, Rule } from '@millrace/schema-meta';

/** An entity class, or the abstract base of some. */
export type EntityClass = abstract new () => object;

/** What is said about a synced entity beside its columns. */
export interface SyncedOptions {
  /** Which rows a principal sees. Columns by their SQL name. */
  readonly read: Rule;
  /**
   * Which rows a principal may write; asked of the row before the write and of the row after it. Null: nobody may.
   * One rule for insert, update and delete, and for all columns that a client may set.
   */
  readonly write: Rule | null;
  /** What happens to a write made on a row that has changed since. Default: `last-write-wins`. */
  readonly policy?: ConflictPolicy;
}

interface EntityRegistry {
  readonly synced: Map<object, SyncedOptions>;
  /** By the class that declares them; subclasses inherit. */
  readonly serverOnly: Map<object, Set<string>>;
}

/** On globalThis: a bundle may hold this file twice, and a decorator's note must be found from either copy. */
const REGISTRY = Symbol.for('millrace.entity-registry');

function registry(): EntityRegistry {
  const home = globalThis as { [REGISTRY]?: EntityRegistry };
  return (home[REGISTRY] ??= { synced: new Map(), serverOnly: new Map() });
}

/** Notes that rows of this entity travel to clients. */
export function registerSynced(entity: object, options: SyncedOptions): void {
  registry().synced.set(entity, options);
}

/** Notes that this property's column never leaves the server. */
export function registerServerOnly(entity: object, property: string): void {
  const { serverOnly } = registry();
  serverOnly.set(entity, new Set(serverOnly.get(entity)).add(property));
}

/** What `@Synced` said about the class; undefined if the class has no such decorator. */
export function syncedOptionsOf(entity: EntityClass): SyncedOptions | undefined {
  return registry().synced.get(entity);
}

/** The properties that `@ServerOnly` marks, in the class and in its bases. */
export function serverOnlyPropertiesOf(entity: EntityClass): ReadonlySet<string> {
  const properties = new Set<string>();
  for (let owner: object | null = entity; owner !== null; owner = Object.getPrototypeOf(owner) as object | null) {
    registry()
      .serverOnly.get(owner)
      ?.forEach((property) => properties.add(property));
  }
  return properties;
}
