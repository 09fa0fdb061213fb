import { SyncError } from '@millrace/kernel';
import type { ServerMessage } from '@millrace/sync-protocol';
import { assemble, isTransactionFrame, type Assembly } from './assembly.js';
import type { ReceivedTransaction } from './received-transaction.js';

/** Takes a piece of a snapshot's tail in: whole transactions that continue the snapshot's position [S2]. Anything else is a corrupt snapshot. */
export function assembleTail(
  start: Assembly,
  messages: readonly ServerMessage[],
): { readonly assembly: Assembly; readonly transactions: readonly ReceivedTransaction[] } {
  let assembly = start;
  const transactions: ReceivedTransaction[] = [];
  for (const message of messages) {
    if (!isTransactionFrame(message) || message.type === 'schema-change')
      throw new SyncError('snapshot-corrupt', `a ${message.type} frame in a snapshot's tail`);
    const assembled = assemble(assembly, message);
    if (assembled.kind === 'gap') throw new SyncError('snapshot-corrupt', `snapshot tail: ${assembled.reason}`);
    assembly = assembled.assembly;
    if (assembled.kind === 'whole') transactions.push(assembled.transaction);
  }
  return { assembly, transactions };
}
