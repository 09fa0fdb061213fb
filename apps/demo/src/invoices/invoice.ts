/** An invoice as the list shows it; values as the local database returns them. */
export interface Invoice {
  readonly id: string;
  readonly number: string;
  readonly status: InvoiceStatus;
  readonly currency: string;
  readonly amount_cents: string;
  readonly due_on: string;
  readonly notes: string | null;
  readonly user_id: string;
  readonly customer: string | null;
  readonly paid_cents: string;
}

export interface ListedInvoice extends Invoice {
  /** How many match in all; the same in each row. */
  readonly total: string;
}

export const INVOICE_STATUSES = ['draft', 'open', 'paid', 'void'] as const;
export type InvoiceStatus = (typeof INVOICE_STATUSES)[number];

const COLUMNS = `
  i.id, i.number, i.status, i.currency, i.amount_cents, to_char(i.due_at, 'YYYY-MM-DD') as due_on, i.notes, i.user_id,
  u.display_name as customer,
  (select coalesce(sum(p.amount_cents), 0) from payments p where p.invoice_id = i.id and p.status = 'succeeded')::text as paid_cents`;

/** Most rows a list holds: it is read anew after each change. */
const LISTED = 1_000;

/** $1: text to find, or ''. $2: a status, or ''. Found by position, not LIKE: a percent sign is a percent sign. */
export const INVOICES = `
  select ${COLUMNS}, (count(*) over ())::text as total
    from invoices i left join users u on u.id = i.user_id
   where ($1 = '' or position(lower($1) in lower(concat_ws(' ', i.number, u.display_name, i.notes))) > 0)
     and ($2 = '' or i.status = $2)
   order by i.issued_at desc, i.number desc
   limit ${LISTED}`;

/** $1: its id. */
export const INVOICE = `select ${COLUMNS} from invoices i left join users u on u.id = i.user_id where i.id = $1`;
