import { useSchema } from '@millrace/pglite-client/react';
import { useState } from 'react';
import { Notice } from '../ui/notice.js';
import { TableRows } from './table-rows.js';

/** Every table and column that there is in this database, also those that this page was not built with: they come with the server's migrations. */
export function TablesPage() {
  const { version, tables } = useSchema();
  const [chosen, setChosen] = useState<string | null>(null);
  const table = tables.find(({ name }) => name === chosen) ?? tables[0];
  if (!table) return <Notice title="No tables yet" />;
  return (
    <section className="page" data-schema={version}>
      <div className="tools">
        <select aria-label="Table" value={table.name} onChange={(event) => setChosen(event.target.value)}>
          {tables.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        <span className="muted">schema {version}</span>
      </div>
      <TableRows key={table.name} table={table} />
    </section>
  );
}
