import type { DevUser } from '@millrace/sync-protocol';
import { FileText, ShieldAlert, Table2, Users } from 'lucide-react';
import type { ComponentType } from 'react';
import { CustomersPage } from '../customers/customers-page.js';
import { InvoicesPage } from '../invoices/invoices-page.js';
import { RefusedPage } from '../refused/refused-page.js';
import { TablesPage } from '../tables/tables-page.js';

interface PageOfApp {
  readonly label: string;
  readonly Icon: ComponentType<{ size: number; 'aria-hidden': 'true' }>;
  readonly Page: ComponentType<{ user: DevUser }>;
}

export const PAGES = {
  invoices: { label: 'Invoices', Icon: FileText, Page: InvoicesPage },
  customers: { label: 'Customers', Icon: Users, Page: CustomersPage },
  tables: { label: 'All tables', Icon: Table2, Page: TablesPage },
  refused: { label: 'Refused', Icon: ShieldAlert, Page: RefusedPage },
} as const satisfies Record<string, PageOfApp>;

export type PageName = keyof typeof PAGES;

export const PAGE_NAMES = Object.keys(PAGES) as PageName[];
