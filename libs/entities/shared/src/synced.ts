import { registerServerOnly, registerSynced, type SyncedOptions } from './entity-registry.js';

/** Rows of this entity travel: to those whom `read` admits, and back from those whom `write` admits. */
export function Synced(options: SyncedOptions): ClassDecorator {
  return (entity) => registerSynced(entity, options);
}

/** This column never leaves the server: it is dropped before a change is stored or logged, and a client's write to it is refused [C3]. */
export function ServerOnly(): PropertyDecorator {
  return (prototype, property) => registerServerOnly(prototype.constructor, String(property));
}
