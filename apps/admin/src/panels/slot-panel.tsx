import type { AdminStatus } from '@millrace/sync-protocol';
import { formatBytes } from '../format/bytes.js';
import { Facts } from '../ui/facts.js';
import { Panel } from '../ui/panel.js';
import { StatePill } from '../ui/state-pill.js';
import { walTone } from '../ui/tone.js';

/** The replication slot: what Postgres keeps for us. */
export function SlotPanel({ slot }: { readonly slot: AdminStatus['slot'] }) {
  if (!slot) {
    return (
      <Panel title="Slot">
        <p className="muted">Not looked at yet: capture makes it when the first client comes.</p>
      </Panel>
    );
  }
  return (
    <Panel title="Slot" aside={<StatePill tone={walTone(slot.walStatus)} text={slot.walStatus} />}>
      <Facts
        of={[
          ['Name', <code>{slot.name}</code>],
          ['Confirmed LSN', slot.confirmedLsn ? <code>{slot.confirmedLsn}</code> : 'none yet'],
          ['Retained WAL', formatBytes(slot.retainedBytes)],
        ]}
      />
    </Panel>
  );
}
