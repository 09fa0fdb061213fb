import { SyncError } from '@millrace/kernel';
import type { SchemaMeta } from '@millrace/schema-meta';
import type { SchemaStep } from './schema-migration.js';
import { reversed, schemaAfter, schemaBefore } from './schema-step.js';

/** Every step that a database took, oldest first: what `sync.client_migration` holds. A value that only grows. */
export interface Catalogue {
  /** In force where no step was ever taken: the schema that the server was built with. */
  readonly compiled: SchemaMeta;
  readonly steps: readonly SchemaStep[];
}

/** The schema of the database now. */
export function inForce({ compiled, steps }: Catalogue): SchemaMeta {
  const last = steps.at(-1);
  return last ? schemaAfter(last) : compiled;
}

/**
 * The catalogue as it was where history stands: up to the last step that led to `version`. Without steps, if none did: what is in the database may be
 * ahead of what has been read of it.
 */
export function catalogueAt({ compiled, steps }: Catalogue, version: string): Catalogue {
  const last = steps.findLastIndex((step) => schemaAfter(step).version === version);
  return { compiled, steps: steps.slice(0, last + 1) };
}

/** The schema of that version; null if this database never had it. A version means one schema for ever [M2]. */
export function schemaOfVersion(catalogue: Catalogue, version: string): SchemaMeta | null {
  if (inForce(catalogue).version === version) return inForce(catalogue);
  for (const step of catalogue.steps) {
    if (schemaBefore(step).version === version) return schemaBefore(step);
    if (schemaAfter(step).version === version) return schemaAfter(step);
  }
  return null;
}

/**
 * The steps that lead from one version to another: first back to where both came from, then forth. Empty for the same version; null if one
 * of them is none of this database. What was reverted and what came instead of it are two branches of one tree.
 */
export function stepsBetween(catalogue: Catalogue, from: string, to: string): readonly SchemaStep[] | null {
  const forth = wayFromRoot(catalogue, to);
  const back = wayFromRoot(catalogue, from);
  if (!forth || !back) return null;
  let shared = 0;
  while (shared < back.length && back[shared]?.migration === forth[shared]?.migration) shared++;
  return [...back.slice(shared).reverse().map(reversed), ...forth.slice(shared)];
}

/** The migrations that make up a version, oldest first. */
function wayFromRoot(catalogue: Catalogue, version: string): readonly SchemaStep[] | null {
  if (!schemaOfVersion(catalogue, version)) return null;
  const way: SchemaStep[] = [];
  const seen = new Set<string>();
  for (let at: string | null = version; at !== null && !seen.has(at); ) {
    seen.add(at);
    const target: string = at;
    const step = catalogue.steps.findLast(({ migration }) => migration.version === target);
    if (!step) break;
    way.unshift({ migration: step.migration, direction: 'up' });
    at = step.migration.previous;
  }
  return way;
}

/** The catalogue with one more step. Throws `schema-unknown` if the step does not start from the schema in force. */
export function withStep(catalogue: Catalogue, step: SchemaStep): Catalogue {
  const [has, needs] = [inForce(catalogue).version, schemaBefore(step).version];
  if (catalogue.steps.length > 0 && has !== needs) {
    throw new SyncError('schema-unknown', `${step.migration.name} starts from schema ${needs}, in force is ${has}`);
  }
  return { ...catalogue, steps: [...catalogue.steps, step] };
}
