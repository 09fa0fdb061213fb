import { SyncError } from '@millrace/kernel';
import { schemaAfter } from '@millrace/schema-compat';
import type { ServerMessage } from '@millrace/sync-protocol';
import { assemble, isTransactionFrame, type Assembly } from './assembly.js';
import type { ReceivedTransaction } from './received-transaction.js';

/**
 * Takes a piece of a snapshot's tail in: whole transactions that continue the snapshot's position [S2]. Anything else is a corrupt snapshot. A step that leads to
 * `version`, which the rows have, is only noted; any other is `schema-unknown`.
 */
export function assembleTail(
  start: Assembly,
  messages: readonly ServerMessage[],
  version: string,
): { readonly assembly: Assembly; readonly transactions: readonly ReceivedTransaction[] } {
  let assembly = start;
  const transactions: ReceivedTransaction[] = [];
  for (const message of messages) {
    if (!isTransactionFrame(message))
      throw new SyncError('snapshot-corrupt', `a ${message.type} frame in a snapshot's tail`);
    if (message.type === 'schema-change' && schemaAfter(message).version !== version)
      throw new SyncError('schema-unknown', `${message.migration.name} lies behind rows of schema ${version}`);
    const assembled = assemble(assembly, message);
    if (assembled.kind === 'gap') throw new SyncError('snapshot-corrupt', `snapshot tail: ${assembled.reason}`);
    assembly = assembled.assembly;
    if (assembled.kind === 'whole') transactions.push(assembled.transaction);
  }
  return { assembly, transactions };
}
