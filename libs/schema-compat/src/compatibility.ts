import { inForce, schemaOfVersion, stepsBetween, type Catalogue } from './catalogue.js';
import type { SchemaStep } from './schema-migration.js';
import { opsOf } from './schema-step.js';
import { compareVersions } from './semantic-version.js';

/**
 * How a client and a server fit. `same`: nothing to do. `must-migrate`: the steps reach the client in the stream, and it takes each at its place.
 * `translate`: it stays as it is and is served in its own version. `must-update-app`: it keeps its cursor before the first step that it
 * cannot take, and its writes wait. `must-resync`: no way leads from its version to the server's, or it has
 * passed it, so that it reads all rows anew.
 */
export const fits = ['same', 'translate', 'must-migrate', 'must-resync', 'must-update-app'] as const;
export type Fit = (typeof fits)[number];

/** What a client says of itself. */
export interface ClientVersions {
  /** Of its tables. */
  readonly tables: string;
  /** Of the schema that its app was built with: it knows every breaking step up to there. */
  readonly app: string;
}

/** The compatibility matrix, as a function: one cell of it. */
export function fitOf(catalogue: Catalogue, client: ClientVersions): Fit {
  const target = inForce(catalogue).version;
  if (client.tables === target) return 'same';
  const steps = schemaOfVersion(catalogue, client.tables) ? stepsBetween(catalogue, client.tables, target) : null;
  if (!steps) return 'must-resync';
  const stop = steps.findIndex((step) => !takes(step, client));
  if (stop < 0) return 'must-migrate';
  return steps.slice(stop).every(isTranslatable) ? 'translate' : 'must-update-app';
}

/** Whether a client may take the step: one that breaks apps only if the app was built with it; a step back always, since the server took it too. */
export function takes({ migration, direction }: SchemaStep, { app }: Pick<ClientVersions, 'app'>): boolean {
  return direction === 'down' || migration.kind !== 'breaking' || compareVersions(app, migration.version) >= 0;
}

/** Whether rows of either side can be told in the words of the other, both ways, so that a client may stay before the step. */
export function isTranslatable(step: SchemaStep): boolean {
  return opsOf(step).every((op) => {
    switch (op.op) {
      case 'add-table':
      case 'add-column':
      case 'rename-table':
      case 'rename-column':
      case 'relax':
      case 'tighten':
        return true;
      case 'change-type':
        return op.sameText;
      case 'drop-table':
      case 'drop-column':
      case 'reread':
        return false;
    }
  });
}
