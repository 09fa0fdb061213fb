import { MIGRATION_TABLE, schemaStepOf, type HistoryTransaction } from '@millrace/change-history';
import { must } from '@millrace/kernel';
import {
  fitOf,
  inForce,
  isTranslatable,
  schemaAfter,
  schemaBefore,
  schemaOfVersion,
  stepsBetween,
  takes,
  type Catalogue,
  type SchemaStep,
} from '@millrace/schema-compat';
import type { SchemaMeta } from '@millrace/schema-meta';
import type { SchemaChange } from '@millrace/sync-protocol';

/** How the entries of one stretch of a transaction are read, and told to the recipient. */
export interface View {
  /** In force there [M2]. */
  readonly schema: SchemaMeta;
  /** From there to the recipient's tables; null: what is there cannot be told in its words. */
  readonly way: readonly SchemaStep[] | null;
}

/** What a transaction means for tables of one version. */
export type SchemaTurn =
  | {
      readonly kind: 'deliver';
      /** Of the entries before its first migration, between it and the next one, and so on. */
      readonly views: readonly View[];
      /** Before the transaction, and in it. */
      readonly aside: readonly SchemaChange[];
      readonly within: readonly SchemaChange[];
      /** Of the recipient's tables behind it. */
      readonly version: string;
      /** They are older than what is in force there. */
      readonly translated: boolean;
      /** Behind its migrations; null: there is none. */
      readonly schema: SchemaMeta | null;
    }
  /** The recipient cannot go on: its app does not take this step, and nothing is told around it. */
  | { readonly kind: 'stop'; readonly change: SchemaChange }
  /** A tail's reader has tables of before a migration: it has to read newer ones. */
  | { readonly kind: 'outdated' }
  | { readonly kind: 'unknown'; readonly version: string };

export interface Versions {
  readonly catalogue: Catalogue;
  /** Of the recipient's tables. */
  readonly version: string;
  /** Of its app; null: it takes no step in the midst of what it reads. */
  readonly app: string | null;
}

export function schemaTurn(transaction: HistoryTransaction, versions: Versions): SchemaTurn {
  const { version } = versions;
  const end = transaction.schemaVersion;
  const steps = transaction.entries.flatMap(({ table, data }) =>
    table === MIGRATION_TABLE && data ? [schemaStepOf(data)] : [],
  );
  const catalogue = including(versions.catalogue, steps);
  const known = { ...versions, catalogue };
  const [first] = steps;
  if (!first) return version === end ? untouched(known) : translated(known, { end, steps });
  if (version === end) return noted(known, steps);
  if (version === schemaBefore(first).version) return stepped(known, { end, steps });
  return translated(known, { end, steps });
}

interface Turn {
  readonly end: string;
  readonly steps: readonly SchemaStep[];
}

/** A step may come in the stream before its catalogue has been fetched. */
function including(catalogue: Catalogue, steps: readonly SchemaStep[]): Catalogue {
  const news = steps.filter((step) => !schemaOfVersion(catalogue, schemaAfter(step).version));
  return news.length === 0 ? catalogue : { ...catalogue, steps: [...catalogue.steps, ...news] };
}

function untouched({ catalogue, version }: Versions): SchemaTurn {
  const schema = schemaOfVersion(catalogue, version);
  if (!schema) return { kind: 'unknown', version };
  return { ...NO_CHANGE, views: [{ schema, way: [] }], version, translated: false };
}

const NO_CHANGE = { kind: 'deliver', aside: [], within: [], schema: null } as const;

/** The recipient has these tables already: the step was recorded after the fact, or leads back to what a translated one has never left. */
function noted({ catalogue, version }: Versions, steps: readonly SchemaStep[]): SchemaTurn {
  const schema = schemaOfVersion(catalogue, version);
  if (!schema) return { kind: 'unknown', version };
  const within = steps.filter((step) => schemaAfter(step).version === version).map(changeOf('must-migrate'));
  const views = viewsOf({ catalogue, version }, steps).map((view) =>
    view.schema.tables.length > 0 ? view : { schema, way: [] },
  );
  return { ...NO_CHANGE, views, within, version, translated: false, schema };
}

function stepped(versions: Versions, { end, steps }: Turn): SchemaTurn {
  const { catalogue, version, app } = versions;
  if (app === null) return { kind: 'outdated' };
  const refused = steps.find((step) => !takes(step, { app }));
  if (!refused) {
    const views = viewsOf({ catalogue, version: end }, steps);
    const within = steps.map(changeOf('must-migrate'));
    const schema = schemaAfter(steps.at(-1) as SchemaStep);
    return { ...NO_CHANGE, views, within, version: end, translated: false, schema };
  }
  const later = stepsBetween(catalogue, version, inForce(catalogue).version) ?? [];
  if (![...steps, ...later].every(isTranslatable)) return stop(versions, refused);
  const turn = translated(versions, { end, steps });
  return turn.kind === 'deliver' ? { ...turn, aside: [changeOf('translate')(refused)] } : turn;
}

function translated(versions: Versions, { end, steps }: Turn): SchemaTurn {
  const { catalogue, version } = versions;
  const forth = stepsBetween(catalogue, version, end);
  const schema = schemaOfVersion(catalogue, end);
  if (!forth || !schema) return { kind: 'unknown', version: end };
  const untold = forth.find((step) => !isTranslatable(step));
  if (untold) return stop(versions, untold);
  const views =
    steps.length > 0 ? viewsOf({ catalogue, version }, steps) : [{ schema, way: wayTo(catalogue, end, version) }];
  return { ...NO_CHANGE, views, version, translated: true, schema: steps.length > 0 ? schema : null };
}

function viewsOf(
  { catalogue, version }: Pick<Versions, 'catalogue' | 'version'>,
  steps: readonly SchemaStep[],
): View[] {
  const schemas = [schemaBefore(must(steps[0], 'a turn without steps')), ...steps.map(schemaAfter)];
  return schemas.map((schema) => ({ schema, way: wayTo(catalogue, schema.version, version) }));
}

/** Null where the rows of the one cannot be told in words of the other. */
function wayTo(catalogue: Catalogue, from: string, to: string): readonly SchemaStep[] | null {
  const forth = stepsBetween(catalogue, to, from);
  const back = stepsBetween(catalogue, from, to);
  // A way that is open in one direction is so in the other: whoever stays before a step is told all rows without what it added.
  return forth && back && (forth.every(isTranslatable) || back.every(isTranslatable)) ? back : null;
}

/** What was reverted, or can be told from its other side, is gone round: all rows are read behind it. */
function stop({ catalogue, version, app }: Versions, step: SchemaStep): SchemaTurn {
  const fit = fitOf(catalogue, { tables: version, app: app ?? version });
  if (fit === 'same' || fit === 'translate') return { kind: 'unknown', version: schemaAfter(step).version };
  return { kind: 'stop', change: changeOf('must-update-app')(step) };
}

function changeOf(fit: SchemaChange['fit']): (step: SchemaStep) => SchemaChange {
  return ({ migration, direction }) => ({ type: 'schema-change', fit, migration, direction });
}
