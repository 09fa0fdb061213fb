import { isErrorCode, positionFromJson, SyncError, type Position } from '@millrace/kernel';
import type { TailLine } from '@millrace/sync-protocol';
import { assemblyAt, type Assembly } from '../assembly.js';
import type { ReceivedTransaction } from '../received-transaction.js';
import { assembleTail } from '../snapshot-tail.js';
import { StartAnew } from './start-anew.js';

export type TailOutcome =
  | { readonly kind: 'whole'; readonly transactions: readonly ReceivedTransaction[]; readonly position: Position }
  /** Something in it cannot be delivered: these tables have to be read anew as well [S4]. */
  | { readonly kind: 'fill'; readonly tables: readonly string[]; readonly atLeast: bigint };

/** Reads a tail to its end. Throws `StartAnew` where the server says so, `network` for one that was cut, `snapshot-corrupt` for one that does not fit. */
export async function readTail(
  lines: AsyncIterable<TailLine>,
  { after, atLeast, version }: { readonly after: Position; readonly atLeast: bigint; readonly version: string },
): Promise<TailOutcome> {
  const transactions: ReceivedTransaction[] = [];
  let assembly = assemblyAt(after.seq);
  for await (const line of lines) {
    switch (line.kind) {
      case 'frames': {
        const piece = assembleTail(assembly, line.messages, version);
        assembly = piece.assembly;
        transactions.push(...piece.transactions);
        break;
      }
      case 'end': {
        const position = positionFromJson(line.position);
        checkEnd(position, { after, atLeast, assembly });
        return { kind: 'whole', transactions, position };
      }
      case 'fill':
        return { kind: 'fill', tables: line.fill.tables, atLeast: BigInt(line.fill.atLeast) };
      case 'resync':
        throw new StartAnew(line.cause, line.message);
      case 'error':
        throw new SyncError(isErrorCode(line.code) ? line.code : 'snapshot-failed', line.message);
    }
  }
  throw new SyncError('network', 'the history after the snapshot broke off');
}

function checkEnd(
  position: Position,
  { after, atLeast, assembly }: { readonly after: Position; readonly atLeast: bigint; readonly assembly: Assembly },
): void {
  const whole = assembly.open === null && position.epoch === after.epoch && position.seq >= assembly.seq;
  if (!whole) throw new SyncError('snapshot-corrupt', 'the history after the snapshot does not end where it should');
  if (position.seq < atLeast)
    throw new SyncError('snapshot-failed', `history ends at ${position.seq}, the rows need it up to ${atLeast}`);
}
