import { SyncError, lsnFrom } from '@millrace/kernel';
import type { Lsn, ReplicationMessage } from '@millrace/kernel';

const XLOG_DATA = 0x77; // w
const KEEPALIVE = 0x6b; // k
const STATUS = 0x72; // r
const POSTGRES_EPOCH_MS = 946_684_800_000; // 2000-01-01

/** Reads the payload of a CopyData frame of the walsender. The message owns the frame's bytes. */
export function readStreamMessage(frame: Uint8Array): ReplicationMessage {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame[0] === XLOG_DATA && frame.length >= 25) {
    return { kind: 'data', walStart: readLsn(view, 1), walEnd: readLsn(view, 9), payload: frame.subarray(25) };
  }
  if (frame[0] === KEEPALIVE && frame.length >= 18) {
    return { kind: 'keepalive', walEnd: readLsn(view, 1), replyRequested: frame[17] === 1 };
  }
  throw new SyncError(
    'decode-failed',
    `the walsender sent a message that is not known: type ${frame[0] ?? 'none'}, ${frame.length} bytes`,
  );
}

/** A standby status update: everything up to `flushed` is written, flushed and applied here. No reply is asked for. */
export function writeStatus(flushed: Lsn, nowMs: number): Uint8Array {
  const bytes = new Uint8Array(34);
  const view = new DataView(bytes.buffer);
  bytes[0] = STATUS;
  view.setBigUint64(1, flushed);
  view.setBigUint64(9, flushed);
  view.setBigUint64(17, flushed);
  view.setBigInt64(25, BigInt(Math.trunc(nowMs) - POSTGRES_EPOCH_MS) * 1000n);
  return bytes;
}

function readLsn(view: DataView, offset: number): Lsn {
  return lsnFrom(view.getBigUint64(offset));
}
