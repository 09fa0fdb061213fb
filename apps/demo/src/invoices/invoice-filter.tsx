import { INVOICE_STATUSES, type InvoiceStatus } from './invoice.js';

export interface Filter {
  readonly search: string;
  /** '' is any. */
  readonly status: InvoiceStatus | '';
}

export const NO_FILTER: Filter = { search: '', status: '' };

export interface InvoiceFilterProps {
  readonly filter: Filter;
  readonly onChange: (filter: Filter) => void;
}

export function InvoiceFilter({ filter, onChange }: InvoiceFilterProps) {
  return (
    <>
      <input
        type="search"
        placeholder="Find an invoice"
        aria-label="Find an invoice"
        value={filter.search}
        onChange={(event) => onChange({ ...filter, search: event.target.value })}
      />
      <select
        aria-label="Status"
        value={filter.status}
        onChange={(event) => onChange({ ...filter, status: event.target.value as Filter['status'] })}
      >
        <option value="">All</option>
        {INVOICE_STATUSES.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </>
  );
}
