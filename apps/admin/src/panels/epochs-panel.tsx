import type { AdminStatus } from '@millrace/sync-protocol';
import { formatMoment, formatSince } from '../format/duration.js';
import { Panel } from '../ui/panel.js';

export interface EpochsPanelProps {
  readonly epochs: AdminStatus['epochs'];
  readonly now: string;
}

/** Each unbroken history, the newest first, with why it began. */
export function EpochsPanel({ epochs, now }: EpochsPanelProps) {
  const newestFirst = epochs.toSorted((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt));
  return (
    <Panel title="Epochs" aside={<small className="muted">{epochs.length}</small>}>
      {epochs.length === 0 && <p className="muted">No history has begun yet.</p>}
      <ol className="epochs">
        {newestFirst.map(({ epoch, cause, startedAt }, index) => (
          <li key={epoch}>
            <span>
              <strong>{cause}</strong> {index === 0 && <span className="tag">now</span>}
            </span>
            <code>{epoch}</code>
            <small className="muted" title={formatMoment(startedAt)}>
              {formatSince(startedAt, now)} ago
            </small>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
