import type { AdminStatus } from '@millrace/sync-protocol';
import type { Sample } from '../feed/sample.js';
import { currentRate } from '../feed/sample.js';
import { formatBytes } from '../format/bytes.js';
import { formatCount, formatRate } from '../format/count.js';
import { formatLag } from '../format/duration.js';

/** The five figures that say whether all is well. */
export function Figures({ status, samples }: { readonly status: AdminStatus; readonly samples: readonly Sample[] }) {
  return (
    <dl className="figures">
      <Figure name="Position" value={status.position ? formatCount(status.position.seq) : '–'} />
      <Figure name="Lag of the last commit" value={status.lagMs === null ? '–' : formatLag(status.lagMs)} />
      <Figure name="Changes per second" value={formatRate(currentRate('changes', samples))} />
      <Figure name="Retained WAL" value={status.slot ? formatBytes(status.slot.retainedBytes) : '–'} />
      <Figure name="Connected instances" value={formatCount(status.instances.length)} />
    </dl>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div className="panel">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
