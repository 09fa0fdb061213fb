import type { AdminStatus } from '@millrace/sync-protocol';
import { formatCount } from '../format/count.js';
import { Facts } from '../ui/facts.js';
import { Panel } from '../ui/panel.js';

/** Where history ends. */
export function PositionPanel({ position }: { readonly position: AdminStatus['position'] }) {
  return (
    <Panel title="Position">
      {position ? (
        <Facts
          of={[
            ['Seq', <strong>{formatCount(position.seq)}</strong>],
            ['Epoch', <code>{position.epoch}</code>],
            ['Chain', <code>{position.chain}</code>],
          ]}
        />
      ) : (
        <p className="muted">No history yet.</p>
      )}
    </Panel>
  );
}
