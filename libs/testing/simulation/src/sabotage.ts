import type { FakeClientStore } from '@millrace/pglite-client/testing';
import { decodeServerMessages, encodeServerMessages } from '@millrace/sync-protocol';
import type { Position } from '@millrace/kernel';
import type { Push } from '@millrace/sync-session';

/** Deliberate breakages: a simulation that does not see them sees nothing. */
export type Sabotage =
  | 'own-changes-dropped'
  | 'push-without-from'
  | 'cursor-before-rows'
  | 'verdicts-of-stream-only'
  | 'held-ignored'
  | 'compared-too-early'
  | 'never-compared'
  | 'step-without-rows';

/** The literal "filter out the client's own changes": the ack comes, what it did to the rows does not. */
export function dropOwnChanges(text: string): string {
  const messages = decodeServerMessages(text);
  const own = messages.some((message) => message.type === 'commit' && message.mutation !== null);
  return own ? encodeServerMessages(messages.filter(({ type }) => type !== 'changes')) : text;
}

/** What the server says of its tables gets lost: nobody compares. */
export function dropCheckpoints(text: string): string | null {
  const messages = decodeServerMessages(text).filter(({ type }) => type !== 'checkpoint');
  return messages.length === 0 ? null : encodeServerMessages(messages);
}

/** An instance that takes the rows of any push, wherever it stands. */
export function claimCursor(push: Push, cursor: Position | null): Push {
  return cursor ? { ...push, from: cursor } : push;
}

/** A store that moves the cursor in a transaction of its own, ahead of the rows. */
export function cursorBeforeRows(store: FakeClientStore): FakeClientStore {
  return {
    ...store,
    apply: async (transactions) => {
      await store.apply(transactions.map((transaction) => ({ ...transaction, changes: [], ack: null })));
      return store.apply(transactions);
    },
  };
}

/** A store that takes the name of a migration and leaves rows and queued writes as they are. */
export function stepWithoutRows(store: FakeClientStore): FakeClientStore {
  return {
    ...store,
    apply: (transactions) =>
      store.apply(
        transactions.map((transaction) => ({
          ...transaction,
          steps: transaction.steps.map((step) => ({ ...step, migration: { ...step.migration, ops: [] } })),
        })),
      ),
  };
}

/** A store that takes every comparison for a fair one. */
export function comparedTooEarly(store: FakeClientStore): FakeClientStore {
  return {
    ...store,
    tableStates: async (names) => (await store.tableStates(names)).map((state) => ({ ...state, changedAt: 0n })),
  };
}
