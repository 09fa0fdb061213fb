/** An invoice as the list shows it; values as the local database returns them. */
export interface ListedInvoice {
  readonly id: string;
  readonly number: string;
  readonly status: InvoiceStatus;
  readonly currency: string;
  readonly amount_cents: string;
  readonly due_on: string;
  readonly notes: string | null;
  readonly user_id: string;
  readonly customer: string | null;
  /** How many match in all; the same in each row. */
  readonly total: string;
}

export interface Invoice extends Omit<ListedInvoice, 'total'> {
  readonly paid_cents: string;
}

export const INVOICE_STATUSES = ['draft', 'open', 'paid', 'void'] as const;
export type InvoiceStatus = (typeof INVOICE_STATUSES)[number];

const COLUMNS = `
  i.id, i.number, i.status, i.currency, i.amount_cents, to_char(i.due_at, 'YYYY-MM-DD') as due_on, i.notes, i.user_id,
  u.display_name as customer`;

/** Found by position, not LIKE: a percent sign is a percent sign. */
const FOUND = `
    from invoices i left join users u on u.id = i.user_id
   where ($1 = '' or position(lower($1) in lower(concat_ws(' ', i.number, u.display_name, i.notes))) > 0)
     and ($2 = '' or i.status = $2)`;

/** Most rows a list holds: it is read anew after each change. */
const LISTED = 1_000;

/** $1: text to find, or ''. $2: a status, or ''. Counted apart: a window over all rows would spill to the browser's disk. */
export const INVOICES = `
  select ${COLUMNS}, (select count(*) ${FOUND})::text as total
  ${FOUND}
   order by i.issued_at desc, i.number desc
   limit ${LISTED}`;

/** $1: its id. */
export const INVOICE = `
  select ${COLUMNS},
         (select coalesce(sum(p.amount_cents), 0) from payments p where p.invoice_id = i.id and p.status = 'succeeded')::text as paid_cents
    from invoices i left join users u on u.id = i.user_id where i.id = $1`;
