import type { DevUser } from '@millrace/sync-protocol';
import { useRejected, useStatus } from '@millrace/pglite-client/react';
import { FileText, LogOut, ShieldAlert, Users } from 'lucide-react';
import { useState, type ComponentType } from 'react';
import { CustomersPage } from '../customers/customers-page.js';
import { InvoicesPage } from '../invoices/invoices-page.js';
import { RefusedPage } from '../refused/refused-page.js';
import { Loading } from './loading.js';
import { OfflineSwitch } from './offline-switch.js';
import { SyncBadge } from './sync-badge.js';

const PAGES = { invoices: InvoicesPage, customers: CustomersPage, refused: RefusedPage } satisfies Record<string, ComponentType<{ user: DevUser }>>;
type PageName = keyof typeof PAGES;

export function Shell({ user, onSignOut }: { readonly user: DevUser; readonly onSignOut: () => void }) {
  const [page, setPage] = useState<PageName>('invoices');
  const status = useStatus();
  const Page = PAGES[page];
  return (
    <div className="shell">
      <header className="bar">
        <div>
          <strong>{user.tenant}</strong>
          <span className="muted">{user.displayName}</span>
        </div>
        <Navigation page={page} onChoose={setPage} />
        <div className="bar-end">
          <OfflineSwitch />
          <SyncBadge />
          <button type="button" className="quiet" onClick={onSignOut} title="Sign out" aria-label="Sign out">
            <LogOut size={18} />
          </button>
        </div>
      </header>
      <main>{status.instance === 'live' ? <Page user={user} /> : <Loading />}</main>
    </div>
  );
}

function Navigation({ page, onChoose }: { readonly page: PageName; readonly onChoose: (page: PageName) => void }) {
  const refused = useRejected().length;
  const tab = (name: PageName, label: string, Icon: ComponentType<{ size: number }>, count = 0) => (
    <button type="button" aria-current={page === name ? 'page' : undefined} onClick={() => onChoose(name)}>
      <Icon size={16} /> {label} {count > 0 && <span className="tag warn">{count}</span>}
    </button>
  );
  return (
    <nav>
      {tab('invoices', 'Invoices', FileText)}
      {tab('customers', 'Customers', Users)}
      {tab('refused', 'Refused', ShieldAlert, refused)}
    </nav>
  );
}
