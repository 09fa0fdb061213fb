import type { AdminStatus } from '@millrace/sync-protocol';

type Incident = AdminStatus['incidents'][number];
type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

/** The status as Prometheus reads it (text exposition format 0.0.4). Every figure is one of the dashboard's. */
export function metricsText(status: AdminStatus): string {
  const { counters, incidents, instances, capture, slot, sleep } = status;
  const states = ['starting', 'streaming', 'polling', 'gate-waiting', 'backoff', 'asleep', 'misconfigured'];
  const count = (kind: Incident['kind']) => incidents.filter((each) => each.kind === kind).map(sampleOf);
  const families = [
    counter('transactions_total', 'Transactions persisted to history.', [[{}, counters.transactions]]),
    counter('changes_total', 'Changes persisted to history.', [[{}, counters.changes]]),
    counter('quarantined_total', 'Transactions that could not be decoded or stored.', [[{}, counters.quarantined]]),
    counter('pushes_total', 'Batches handed to instances.', [[{}, counters.pushes]]),
    counter('doorbells_total', 'Hints handed to instances instead of batches.', [[{}, counters.doorbells]]),
    counter('pages_total', 'Reads of history by instances that were behind.', [[{}, counters.pages]]),
    counter('resyncs_total', 'Clients told to load everything again.', count('resync')),
    counter('fills_total', 'Tables that clients were told to read anew.', count('fill')),
    counter('snapshot_orders_total', 'Snapshots handed out; table * is all of them.', count('ordered')),
    gauge(
      'capture_state',
      '1 for the state that capture is in.',
      states.map((state): Sample => [{ state }, Number(state === capture.state)]),
    ),
    gauge('position_seq', 'Where history ends.', status.position ? [[{}, Number(status.position.seq)]] : []),
    gauge(
      'lag_seconds',
      'Age of the last persisted commit when it was persisted.',
      status.lagMs === null ? [] : [[{}, status.lagMs / 1000]],
    ),
    gauge(
      'next_look_timestamp_seconds',
      'When a sleeping capture looks by itself.',
      sleep ? [[{}, Date.parse(sleep.nextLookAt) / 1000]] : [],
    ),
    gauge(
      'slot_retained_bytes',
      'WAL that Postgres keeps for the slot; while asleep, as it was before.',
      slot ? [[{}, Number(slot.retainedBytes)]] : [],
    ),
    gauge('epochs', 'Histories that have begun.', [[{}, status.epochs.length]]),
    gauge('instances', 'Instances that are connected or load, by phase.', byPhase(instances)),
  ];
  return `${families.filter(Boolean).join('\n')}\n`;
}

function sampleOf({ kind, cause, table, count }: Incident): Sample {
  return [kind === 'resync' ? { cause } : { cause, table: table ?? '*' }, count];
}

function byPhase(instances: AdminStatus['instances']): readonly Sample[] {
  const phases = ['created', 'snapshot-loading', 'live', 'unknown'];
  const phaseOf = (instance: (typeof instances)[number]) => instance.state?.phase ?? 'unknown';
  return phases.map((phase) => [{ phase }, instances.filter((instance) => phaseOf(instance) === phase).length]);
}

function counter(name: string, help: string, samples: readonly Sample[]): string {
  return family('counter', { name, help, samples });
}

function gauge(name: string, help: string, samples: readonly Sample[]): string {
  return family('gauge', { name, help, samples });
}

function family(
  type: 'counter' | 'gauge',
  { name, help, samples }: { readonly name: string; readonly help: string; readonly samples: readonly Sample[] },
): string {
  if (samples.length === 0) return '';
  const lines = samples.map(([labels, value]) => `millrace_${name}${labelText(labels)} ${value}`);
  return [`# HELP millrace_${name} ${help}`, `# TYPE millrace_${name} ${type}`, ...lines].join('\n');
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
