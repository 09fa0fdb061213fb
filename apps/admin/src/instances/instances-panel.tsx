import type { AdminInstance } from '@millrace/sync-protocol';
import { useState } from 'react';
import { formatCount } from '../format/count.js';
import { formatMoment, formatSince } from '../format/duration.js';
import { Panel } from '../ui/panel.js';
import { SortHeader } from './sort-header.js';
import { InstanceStateCell } from './instance-state-cell.js';
import { instanceRows, matchingRows, sortRows, type InstanceColumn, type InstanceRow, type Order } from './sort.js';

export interface InstancesPanelProps {
  readonly instances: readonly AdminInstance[];
  /** Seq where history ends. */
  readonly head: string | null;
  readonly now: string;
}

const COLUMNS: readonly (readonly [InstanceColumn, string, string?])[] = [
  ['clientId', 'Client'],
  ['sub', 'User'],
  ['rowKeys', 'Row keys'],
  ['state', 'State', 'Where it stands in its life, since when, and why.'],
  ['seq', 'Cursor'],
  [
    'behind',
    'Behind by',
    'Changes in history after its cursor, those of others included: a cursor that nothing touches is moved now and then.',
  ],
  ['connectedAt', 'Connected'],
];

/** Most rows in the document at once: a table of thousands would be drawn anew each second. */
const SHOWN = 200;

export function InstancesPanel({ instances, head, now }: InstancesPanelProps) {
  const [order, setOrder] = useState<Order>({ column: 'connectedAt', descending: true });
  const [search, setSearch] = useState('');
  const rows = sortRows(matchingRows(instanceRows(instances, head), search), order);
  return (
    <Panel title="Instances" className="instances" aside={<Search value={search} onChange={setSearch} />}>
      {rows.length === 0 ? (
        <p className="muted empty">
          {instances.length === 0 ? 'Nobody is connected, nobody loads.' : `Nothing matches “${search}”.`}
        </p>
      ) : (
        <div className="scroll">
          <table>
            <thead>
              <tr>
                {COLUMNS.map(([column, label, title]) => (
                  <SortHeader
                    key={column}
                    column={column}
                    label={label}
                    title={title}
                    order={order}
                    onOrder={setOrder}
                  />
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, SHOWN).map((row) => (
                <Instance key={row.clientId} row={row} now={now} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {rows.length > SHOWN && (
        <p className="muted">
          {SHOWN} of {formatCount(rows.length)} are shown; find the others by a client, user or row key.
        </p>
      )}
    </Panel>
  );
}

function Instance({ row, now }: { readonly row: InstanceRow; readonly now: string }) {
  return (
    <tr>
      <td>
        <Id text={row.clientId} />
      </td>
      <td>
        <Id text={row.sub} />
      </td>
      <td>
        {row.rowKeys.map((key) => (
          <span className="tag" key={key}>
            <Id text={key} />
          </span>
        ))}
      </td>
      <td>{row.state ? <InstanceStateCell state={row.state} now={now} /> : '–'}</td>
      <td className="number">{row.seq === null ? '–' : formatCount(row.seq)}</td>
      <td className="number">{row.behind === null ? '–' : formatCount(row.behind.toString())}</td>
      {row.connectedAt === null ? (
        <td className="number">–</td>
      ) : (
        <td className="number" title={formatMoment(row.connectedAt)}>
          {formatSince(row.connectedAt, now)}
        </td>
      )}
    </tr>
  );
}

/** Cut where the column ends; whole for the pointer and for copying. */
function Id({ text }: { readonly text: string }) {
  return (
    <code className="id" title={text}>
      {text}
    </code>
  );
}

function Search({ value, onChange }: { readonly value: string; readonly onChange: (value: string) => void }) {
  return (
    <input
      type="search"
      placeholder="Client, user or row key"
      aria-label="Find an instance"
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
