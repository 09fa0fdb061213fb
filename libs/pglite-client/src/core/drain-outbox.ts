import { SyncError, type Logger } from '@millrace/kernel';
import type { OutboxCount } from './elsewhere-count.js';
import { pushOutbox, type PushPorts } from './push-outbox.js';

/** A conflict is settled and tried again; beyond this the next attempt will do. */
const CONFLICTS = 5;

/**
 * Opens the store of a database that no page uses, sends what its outbox holds if `push` says so, and closes it. Answered mutations stay in it until it
 * is used again and the stream acknowledges them [W5]; refused ones until the app disposes of them (I2). A push that fails leaves them for the next time.
 */
export async function drainOutbox(
  ports: PushPorts & { readonly logger: Logger },
  { push }: { readonly push: boolean },
): Promise<OutboxCount> {
  const { store, logger } = ports;
  try {
    const { clientId, outboxEpoch, summary } = await store.open();
    if (push && summary.unsent > 0) {
      try {
        if (outboxEpoch === null) await register(ports, clientId);
        await pushAll(ports, clientId);
      } catch (error) {
        logger.warn('an outbox of another tab could not be sent', { error });
      }
    }
    return await countOutbox(ports);
  } finally {
    await store.close();
  }
}

async function pushAll(ports: PushPorts, clientId: string): Promise<void> {
  let conflicts = 0;
  let registered = false;
  for (;;) {
    try {
      const { conflict, results, summary } = await pushOutbox(clientId, ports);
      if (summary.unsent === 0) return;
      if (conflict) conflicts += 1;
      if (conflicts > CONFLICTS || (!conflict && results === 0)) return;
    } catch (error) {
      if (registered || !(error instanceof SyncError) || error.code !== 'unknown-client') throw error;
      registered = true;
      await register(ports, clientId);
    }
  }
}

async function register({ store, transport, token }: PushPorts, clientId: string): Promise<void> {
  const { epoch } = await transport.register(clientId, await token());
  await store.registered(epoch);
}

async function countOutbox({ store }: PushPorts): Promise<OutboxCount> {
  const pending = await store.pending();
  const rejected = await store.rejected();
  const refused = pending.filter(({ answer }) => answer?.verdict === 'rejected');
  return {
    pending: pending.filter(({ answer }) => answer === null).length,
    rejected: rejected.length + refused.length,
  };
}
