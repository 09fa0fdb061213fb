import type { AdminStatus } from '@millrace/sync-protocol';
import { metricsText } from './metrics.js';

const status: AdminStatus = {
  time: '',
  capture: { state: 'polling', detail: null, decoder: 'pgoutput', reader: 'poll', since: '' },
  sleep: null,
  slot: { name: 's', confirmedLsn: '', retainedBytes: '4096', walStatus: 'reserved' },
  position: { epoch: 'e', seq: '12', chain: 'c' },
  lagMs: 250,
  lastCommitAt: null,
  schema: null,
  counters: { transactions: 3, changes: 5, pushes: 0, doorbells: 0, pages: 0, resyncs: 1, fills: 1, quarantined: 0 },
  incidents: [
    { kind: 'resync', cause: 'epoch-changed', table: null, count: 1 },
    { kind: 'fill', cause: 'late-table', table: 'we "ird\\\n', count: 1 },
    { kind: 'ordered', cause: 'new-client', table: null, count: 2 },
  ],
  epochs: [],
  instances: [{ clientId: 'c', sub: 's', rowKeys: [], seq: null, connectedAt: null, state: null }],
};

it('is what Prometheus reads: a name, labels, a value; causes and tables as labels', () => {
  const text = metricsText(status);
  const lines = text.trimEnd().split('\n');
  for (const line of lines) {
    expect(line).toMatch(
      /^(# (HELP|TYPE) millrace_\w+ .+|millrace_\w+(\{\w+="([^"\\\n]|\\.)*"(,\w+="([^"\\\n]|\\.)*")*\})? [0-9.]+)$/,
    );
  }
  expect(lines).toContain('millrace_transactions_total 3');
  expect(lines).toContain('millrace_resyncs_total{cause="epoch-changed"} 1');
  expect(lines).toContain('millrace_fills_total{cause="late-table",table="we \\"ird\\\\\\n"} 1');
  expect(lines).toContain('millrace_snapshot_orders_total{cause="new-client",table="*"} 2');
  expect(lines).toContain('millrace_capture_state{state="polling"} 1');
  expect(lines).toContain('millrace_lag_seconds 0.25');
  expect(lines).toContain('millrace_instances{phase="unknown"} 1');
});

it('[Z1] tells of a sleeping capture when it looks next, and of no lag that could be taken for one', () => {
  const sleep = { since: '1970-01-01T00:00:00.000Z', nextLookAt: '1970-01-01T01:00:00.500Z' };
  const text = metricsText({ ...status, capture: { ...status.capture, state: 'asleep' }, sleep, lagMs: null });
  expect(text).toContain('millrace_capture_state{state="asleep"} 1\n');
  expect(text).toContain('millrace_next_look_timestamp_seconds 3600.5\n');
  expect(text).not.toContain('lag_seconds');
});

it('leaves out what is not known', () => {
  const text = metricsText({ ...status, slot: null, position: null, lagMs: null, incidents: [] });
  expect(text).not.toMatch(/slot_retained|position_seq|lag_seconds|fills_total/);
});
