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

export const INVOICE_STATUSES = ['draft', 'open', 'paid', 'void'] as const;
export type InvoiceStatus = (typeof INVOICE_STATUSES)[number];

/** $1: text to find, or ''. $2: a status, or ''. */
export const INVOICES = `
  select i.id, i.number, i.status, i.currency, i.amount_cents, to_char(i.due_at, 'YYYY-MM-DD') as due_on, i.notes, i.user_id,
         u.display_name as customer,
         (select coalesce(sum(p.amount_cents), 0) from payments p where p.invoice_id = i.id and p.status = 'succeeded')::text as paid_cents
    from invoices i left join users u on u.id = i.user_id
   where ($1 = '' or concat_ws(' ', i.number, u.display_name, i.notes) ilike '%' || $1 || '%')
     and ($2 = '' or i.status = $2)
   order by i.issued_at desc, i.number desc`;
