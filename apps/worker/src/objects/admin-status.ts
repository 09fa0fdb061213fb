import { positionToJson } from '@millrace/kernel';
import type { CaptureStatus, Registration } from '@millrace/replication';
import type { AdminStatus } from '@millrace/sync-protocol';
import type { InstanceNews } from './instances.js';

export interface StatusParts {
  /** ms since 1970. */
  readonly now: number;
  readonly capture: CaptureStatus;
  readonly counters: Pick<AdminStatus['counters'], 'pushes' | 'doorbells' | 'pages' | 'resyncs'>;
  readonly registrations: readonly Registration[];
  newsOf(clientId: string): InstanceNews;
}

/** What the dashboard shows, from memory alone. */
export function adminStatus({ now, capture, counters, registrations, newsOf }: StatusParts): AdminStatus {
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
    instances: registrations.map(({ clientId, sub, rowKeys }) => {
      const { connectedAt, cursor } = newsOf(clientId);
      return {
        clientId,
        sub,
        rowKeys: [...rowKeys],
        seq: cursor?.seq.toString() ?? null,
        connectedAt: connectedAt ?? time,
      };
    }),
  };
}
