import { createContext, useContext, useMemo, useState, useSyncExternalStore, type ReactNode } from 'react';
import type { MillraceClient } from './client/millrace-client.js';
import type { MigrationAPI } from '@millrace/migrations-client';
import type { SchemaMeta } from '@millrace/schema-meta';
import type { ClientStatus, SchemaStatus } from './core/client-status.js';
import type { Observable } from './core/observable.js';
import type { PendingMutation, RejectedMutation } from './core/pending-mutation.js';
import { liveStore, type QueryState, type ShownRows } from './react-hooks/live-store.js';

export type { MillraceClient } from './client/millrace-client.js';
export type { ClientStatus, SchemaStatus } from './core/client-status.js';
export type { MigrationAPI, PendingMigration } from '@millrace/migrations-client';
export type { HydrationPhase, HydrationProgress } from '@millrace/hydration';
export type { NotComparable, VerifiedTable, VerifyReport } from './core/verification.js';
export type { PendingMutation, RejectedMutation } from './core/pending-mutation.js';
export type { QueryState } from './react-hooks/live-store.js';

const ClientContext = createContext<MillraceClient | null>(null);

/** Gives its children a client. */
export function MillraceProvider({
  client,
  children,
}: {
  readonly client: MillraceClient;
  readonly children: ReactNode;
}) {
  return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>;
}

/** The client of the nearest {@link MillraceProvider}. */
export function useClient(): MillraceClient {
  const client = useContext(ClientContext);
  if (!client) throw new Error('Put this component inside a <MillraceProvider>.');
  return client;
}

/** The rows of a statement, now and after each change, local or remote. Parameters are compared by value. */
export function useQuery<T = Record<string, unknown>>(sql: string, params: readonly unknown[] = []): QueryState<T> {
  const client = useClient();
  const [shown] = useState<ShownRows<T>>(() => ({ rows: [] }));
  const values = useSameWhileEqual(params);
  const store = useMemo(() => liveStore<T>(client, { sql, params: values }, shown), [client, sql, values, shown]);
  return useObservable(store);
}

/** The first of equal lists: a new array of the same parameters is no new query. */
function useSameWhileEqual(params: readonly unknown[]): readonly unknown[] {
  const [kept, setKept] = useState(params);
  if (textOf(kept) === textOf(params)) return kept;
  setKept(params);
  return params;
}

function textOf(params: readonly unknown[]): string {
  return JSON.stringify(params, (_name, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

/** Phase, connection, cursor, counts of the outbox, and what is wrong, if anything is. */
export function useStatus(): ClientStatus {
  return useObservable(useClient().status);
}

/** The tables and columns that there are now: it follows the server's migrations. */
export function useSchema(): SchemaMeta {
  return useObservable(useClient().schema);
}

/** What stands between the tables and the server's schema, and the ways to let it in or take it back. */
export function useMigrations(): SchemaStatus & Pick<MigrationAPI, 'applyMigration' | 'rollbackMigration'> {
  const { migrations } = useClient();
  const { applyMigration, rollbackMigration } = migrations;
  return { ...useStatus().schema, applyMigration, rollbackMigration };
}

/** Local transactions that the server has not acknowledged. */
export function usePending(): readonly PendingMutation[] {
  return useObservable(useClient().pending());
}

/** Refused local transactions that the app has not disposed of. */
export function useRejected(): readonly RejectedMutation[] {
  return useObservable(useClient().rejected());
}

function useObservable<T>(source: Observable<T>): T {
  return useSyncExternalStore(source.subscribe, source.get, source.get);
}
