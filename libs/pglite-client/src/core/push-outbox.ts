import { LIMITS } from '@millrace/sync-protocol';
import { fitPush, pushRoom } from './fit-push.js';
import type { ClientStore, StoreSummary } from './ports/client-store.js';
import type { Transport } from './ports/transport.js';

export interface PushPorts {
  readonly store: ClientStore;
  readonly transport: Transport;
  readonly token: () => Promise<string>;
}

/** What came of one push. `conflict`: the server stood elsewhere, and the outbox is renumbered now [W2]. */
export interface Pushed {
  readonly conflict: boolean;
  readonly results: number;
  readonly summary: StoreSummary;
}

/** Sends the first unanswered mutations, and notes what the server says of them. */
export async function pushOutbox(clientId: string, { store, transport, token }: PushPorts): Promise<Pushed> {
  const limits = { mutations: LIMITS.pushMutations, bytes: pushRoom(store.schema()) };
  const { epoch, schema, mutations } = await store.outbox(limits);
  if (mutations.length === 0) return { conflict: false, results: 0, summary: await store.summary() };
  const request = {
    clientId,
    epoch,
    schemaVersion: schema.version,
    mutations: mutations.map((mutation) => fitPush(mutation, schema)),
  };
  const outcome = await transport.push(request, await token());
  if (outcome.kind === 'conflict')
    return { conflict: true, results: 0, summary: await store.reconcile(outcome.conflict) };
  const { results } = outcome.response;
  return { conflict: false, results: results.length, summary: await store.answer(results) };
}
