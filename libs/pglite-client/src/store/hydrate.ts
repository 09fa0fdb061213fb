import type { Logger } from '@millrace/kernel';
import type { SchemaMeta } from '@millrace/schema-meta';
import type { Hydration, StoreSummary } from '../core/ports/client-store.js';
import { applyTransactions, rebaseTouched } from './apply-transactions.js';
import { checkLoads, loadTables, type CheckedLoad, type RunStatements } from './load-tables.js';
import type { ReplicaChange } from './replica-role.js';
import { rewriteBaseRows } from './rewrite-base-rows.js';
import { dropShadowTables } from './shadow-tables.js';
import { swapTable } from './swap-table.js';
import type { StoreTransaction } from './text-sql.js';

/** How a hydration reaches its database. */
export interface HydrateContext {
  readonly schema: SchemaMeta;
  readonly logger: Logger;
  /** Whether there is a cursor, and with it rows that somebody may be reading. */
  readonly isLive: () => Promise<boolean>;
  /** A transaction that is not flushed: what it wrote counts only with one that is. */
  readonly transactUnflushed: RunStatements;
  readonly transactAsReplica: (
    work: (sql: StoreTransaction, anyPending: boolean) => Promise<ReplicaChange>,
  ) => Promise<StoreSummary>;
  readonly checkpoint: () => Promise<void>;
  /** Lets the file system make new files ahead, which it cannot do while a statement wants one: each table needs four. */
  readonly makeRoom: () => Promise<void>;
  /** Lets in what has arrived meanwhile: PGlite works in microtasks, which come before any message of the page. */
  readonly rest: () => Promise<void>;
}

/** Loaded bytes after which the write-ahead log is cut off: Postgres does not do it by itself without a checkpointer. */
const CHECKPOINT_BYTES = 48 * 1024 * 1024;

/** Rows from which building the key afterwards saves more than taking the table's place costs. */
const ASIDE_ROWS = 20_000;

/** {@link ClientStore.hydrate} on PGlite. */
export async function hydrate(context: HydrateContext, hydration: Hydration): Promise<StoreSummary> {
  const isLive = await context.isLive();
  const loads = checkLoads(context.schema, hydration.tables, ({ rows }) => isLive || rows >= ASIDE_ROWS);
  return isLive ? loadAside(context, hydration, loads) : loadAtOnce(context, hydration, loads);
}

/** Nobody has rows yet that could be read meanwhile: one transaction for everything, which is the fastest. */
function loadAtOnce(
  { schema, transactAsReplica, makeRoom }: HydrateContext,
  hydration: Hydration,
  loads: readonly CheckedLoad[],
): Promise<StoreSummary> {
  return transactAsReplica(async (sql, anyPending) => {
    await loadTables(loads, {
      run: (work) => work(sql),
      oneTransaction: true,
      onProgress: hydration.onProgress,
      afterChunk: () => Promise.resolve(),
      makeRoom,
    });
    return takeOver(sql, schema, { hydration, loads, anyPending });
  });
}

/** A transaction per chunk, so that reads and local writes go on between them; then one short swap [S3]. */
async function loadAside(
  context: HydrateContext,
  hydration: Hydration,
  loads: readonly CheckedLoad[],
): Promise<StoreSummary> {
  let logged = 0;
  try {
    await loadTables(loads, {
      run: context.transactUnflushed,
      oneTransaction: false,
      onProgress: hydration.onProgress,
      afterChunk: async (bytes) => {
        logged += bytes;
        if (logged >= CHECKPOINT_BYTES) {
          logged = 0;
          await context.checkpoint();
        }
        await context.rest();
      },
      makeRoom: context.makeRoom,
    });
    return await context.transactAsReplica((sql, anyPending) =>
      takeOver(sql, context.schema, { hydration, loads, anyPending }),
    );
  } catch (error) {
    await context
      .transactUnflushed((sql) => sql.raw.exec(dropShadowTables))
      .catch((later: unknown) => context.logger.warn('shadow tables stay until the next start', { error: later }));
    throw error;
  }
}

/** The loaded rows become the base, the tail follows, and what is pending is shown over the result [A2, S2]. */
async function takeOver(
  sql: StoreTransaction,
  schema: SchemaMeta,
  {
    hydration,
    loads,
    anyPending,
  }: { readonly hydration: Hydration; readonly loads: readonly CheckedLoad[]; readonly anyPending: boolean },
): Promise<ReplicaChange> {
  const tables = loads.map(({ table }) => table);
  const aside = loads.filter((each) => each.aside);
  for (const { table } of aside) await swapTable(sql, table);
  if (aside.length > 0) await sql.raw.exec(dropShadowTables);
  const touched = anyPending ? await rewriteBaseRows(sql, tables) : new Map<string, Set<string>>();
  const changed = await applyTransactions(sql, schema, hydration.tail, anyPending);
  await rebaseTouched(sql, schema, touched);
  const { position, scope } = hydration;
  return {
    position,
    scope,
    // Of all tables: also those that kept their rows are known to be right at this position, and at no earlier one of another epoch.
    changedAt: new Map(schema.tables.map((table) => [table.name, position.seq])),
    tables: [...new Set([...tables, ...changed])],
  };
}
