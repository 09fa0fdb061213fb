import { formatCount, formatRate } from '../format/count.js';
import { currentRate, type CounterName, type Counters, type Sample } from '../feed/sample.js';
import { Panel } from '../ui/panel.js';

const COUNTERS: readonly (readonly [CounterName, string, string])[] = [
  ['transactions', 'Transactions', 'commits persisted to history'],
  ['changes', 'Changes', 'rows of history'],
  ['pushes', 'Pushes', 'batches handed to instances'],
  ['doorbells', 'Doorbells', 'hints instead of batches'],
  ['pages', 'Pages', 'reads of history by instances that were behind'],
  ['resyncs', 'Resyncs', 'clients that had to load everything anew'],
  ['fills', 'Fills', 'tables that clients had to read anew'],
  ['quarantined', 'Quarantined', 'transactions that could not be decoded or stored'],
];

/** Since the server started: in all, and per second now. */
export function CountersPanel({
  counters,
  samples,
}: {
  readonly counters: Counters;
  readonly samples: readonly Sample[];
}) {
  return (
    <Panel title="Counters" aside={<small className="muted">since the server started</small>}>
      <table>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col" className="number">
              Total
            </th>
            <th scope="col" className="number">
              Per second
            </th>
          </tr>
        </thead>
        <tbody>
          {COUNTERS.map(([name, label, meaning]) => (
            <tr key={name} className={name === 'quarantined' && counters[name] > 0 ? 'bad' : undefined}>
              <th scope="row" title={meaning}>
                {label}
              </th>
              <td className="number">{formatCount(counters[name])}</td>
              <td className="number">{formatRate(currentRate(name, samples))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
