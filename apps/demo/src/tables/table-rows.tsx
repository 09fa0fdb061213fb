import { useQuery } from '@millrace/pglite-client/react';
import type { TableMeta } from '@millrace/schema-meta';
import { ListCount } from '../ui/list-count.js';
import { QueryFailure } from '../ui/query-failure.js';
import { VirtualList } from '../ui/virtual-list.js';
import { tableQuery, type ListedRow } from './table-query.js';

/** Room for a column; wider than the page, a table is scrolled. */
const COLUMN_REM = 10;

/** The rows of a table as they are, a cell per column. */
export function TableRows({ table }: { readonly table: TableMeta }) {
  const { rows, loading, error } = useQuery<ListedRow>(tableQuery(table));
  if (error) return <QueryFailure what={table.name} error={error} />;
  return (
    <div className="table" data-table={table.name}>
      <div className="sheet" style={{ minWidth: `${table.columns.length * COLUMN_REM}rem` }}>
        {!loading && <ListCount shown={rows.length} total={rows[0]?.total} noun="row" />}
        <div className="cells head">
          {table.columns.map(({ name, type }) => (
            <span key={name} className="clip" data-column={name} title={type}>
              {name}
            </span>
          ))}
        </div>
        <VirtualList
          items={rows}
          keyOf={({ key }) => key}
          rowHeight={32}
          renderRow={({ key, values }) => (
            <div className="cells" data-key={key}>
              {table.columns.map(({ name }, index) => (
                <Cell key={name} value={values[index] ?? null} />
              ))}
            </div>
          )}
        />
      </div>
    </div>
  );
}

function Cell({ value }: { readonly value: string | null }) {
  return (
    <span className={value === null ? 'clip muted' : 'clip'} title={value ?? 'null'}>
      {value ?? '∅'}
    </span>
  );
}
