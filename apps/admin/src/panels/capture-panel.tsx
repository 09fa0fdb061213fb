import type { AdminStatus } from '@millrace/sync-protocol';
import { formatMoment, formatSince } from '../format/duration.js';
import { Facts } from '../ui/facts.js';
import { Panel } from '../ui/panel.js';
import { StatePill } from '../ui/state-pill.js';
import { captureMeaning, captureTone } from '../ui/tone.js';

/** What the reader of the WAL does, and since when. */
export function CapturePanel({ status: { capture, time, lastCommitAt } }: { readonly status: AdminStatus }) {
  const tone = captureTone(capture.state);
  return (
    <Panel title="Capture" aside={<StatePill tone={tone} text={capture.state} />}>
      <p className={tone === 'bad' ? 'bad' : 'muted'}>{capture.detail ?? captureMeaning(capture.state)}</p>
      <Facts
        of={[
          ['Since', <span title={formatMoment(capture.since)}>{formatSince(capture.since, time)}</span>],
          ['Reader', capture.reader],
          ['Decoder', capture.decoder],
          ['Last commit', lastCommitAt ? <Ago at={lastCommitAt} now={time} /> : 'none yet'],
        ]}
      />
    </Panel>
  );
}

function Ago({ at, now }: { readonly at: string; readonly now: string }) {
  return <span title={formatMoment(at)}>{formatSince(at, now)} ago</span>;
}
