import { positionToJson, type Position } from '@millrace/kernel';
import type { CaptureStatus, Registration } from '@millrace/replication';
import type { AdminStatus } from '@millrace/sync-protocol';

export interface StatusParts {
  readonly now: number;
  readonly capture: CaptureStatus;
  readonly counters: Pick<AdminStatus['counters'], 'pushes' | 'doorbells' | 'pages' | 'resyncs'>;
  readonly registrations: readonly Registration[];
  readonly connectedAt: ReadonlyMap<string, string>;
  readonly cursors: ReadonlyMap<string, Position>;
}

/** What the dashboard shows, from memory alone. */
export function adminStatus({ now, capture, counters, registrations, connectedAt, cursors }: StatusParts): AdminStatus {
  const time = new Date(now).toISOString();
  return {
    time,
    capture: capture.capture,
    slot: capture.slot,
    position: capture.position && positionToJson(capture.position),
    lagMs: capture.lagMs,
    lastCommitAt: capture.lastCommitAt,
    counters: { ...capture.counters, ...counters },
    epochs: capture.epochs.map((epoch) => ({ ...epoch })),
    instances: registrations.map(({ clientId, sub, rowKeys }) => ({
      clientId,
      sub,
      rowKeys: [...rowKeys],
      seq: cursors.get(clientId)?.seq.toString() ?? null,
      connectedAt: connectedAt.get(clientId) ?? time,
    })),
  };
}
