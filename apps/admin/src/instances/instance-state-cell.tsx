import type { AdminInstanceState } from '@millrace/sync-protocol';
import { formatMoment, formatSince } from '../format/duration.js';
import { StatePill } from '../ui/state-pill.js';
import { instanceTone } from '../ui/tone.js';

export interface InstanceStateCellProps {
  readonly state: AdminInstanceState;
  readonly now: string;
}

/** The state, how long it has lasted, why it came to it, and how far its snapshot has got. */
export function InstanceStateCell({ state, now }: InstanceStateCellProps) {
  const { phase, since, cause, trigger, chunksDone, chunksTotal, attempts, lastError } = state;
  const loading = phase === 'snapshot-loading';
  return (
    <div className="instance-state">
      <StatePill tone={instanceTone(state)} text={phase} />{' '}
      <small className="muted" title={formatMoment(since)}>
        {formatSince(since, now)}
      </small>
      {cause && (
        <small className="muted" title={trigger ? `kind of doubt: ${trigger}` : undefined}>
          {' '}
          {cause}
        </small>
      )}
      {loading && chunksTotal > 0 && (
        <progress value={chunksDone} max={chunksTotal} title={`${chunksDone} of ${chunksTotal} chunks`} />
      )}
      {loading && attempts > 1 && <small className="muted"> attempt {attempts}</small>}
      {lastError && <small className="bad"> {lastError}</small>}
    </div>
  );
}
