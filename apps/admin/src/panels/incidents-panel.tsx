import type { AdminStatus } from '@millrace/sync-protocol';
import { formatCount } from '../format/count.js';
import { Panel } from '../ui/panel.js';

const KINDS = {
  resync: 'told to load everything',
  fill: 'told to read a table',
  ordered: 'snapshot handed out',
} as const;

/** Why clients had to load again, and which tables. */
export function IncidentsPanel({ incidents }: { readonly incidents: AdminStatus['incidents'] }) {
  const mostFirst = incidents.toSorted((a, b) => b.count - a.count);
  return (
    <Panel title="Loading again" aside={<small className="muted">since the server started</small>}>
      {mostFirst.length === 0 && <p className="muted">Nobody had to.</p>}
      {mostFirst.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">Cause</th>
              <th scope="col">Table</th>
              <th scope="col" className="number">
                Times
              </th>
            </tr>
          </thead>
          <tbody>
            {mostFirst.map(({ kind, cause, table, count }) => (
              <tr key={`${kind} ${cause} ${table}`}>
                <td>{KINDS[kind]}</td>
                <td>{cause}</td>
                <td>{table === null ? 'all' : <code>{table}</code>}</td>
                <td className="number">{formatCount(count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
