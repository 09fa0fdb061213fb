import { useStatus } from '@millrace/pglite-client/react';
import type { DevUser } from '@millrace/sync-protocol';
import { LogOut } from 'lucide-react';
import { Loading } from '../loading/loading.js';
import { ReloadBanner } from '../loading/reload-banner.js';
import { PendingButton } from '../pending/pending-button.js';
import { RefusedToast } from '../refused/refused-toast.js';
import { ErrorBoundary } from '../ui/error-boundary.js';
import { VerifyButton } from '../verify/verify-button.js';
import { Navigation } from './navigation.js';
import { OfflineSwitch } from './offline-switch.js';
import { PAGES } from './pages.js';
import { SchemaBanner } from './schema-banner.js';
import { StoppedBanner } from './stopped-banner.js';
import { SyncBadge } from './sync-badge.js';
import { usePage } from './use-page.js';

export function Shell({ user, onSignOut }: { readonly user: DevUser; readonly onSignOut: () => void }) {
  const page = usePage();
  const { position } = useStatus();
  const { Page } = PAGES[page];
  return (
    <div className="shell">
      <header className="bar">
        <div className="who">
          <strong className="clip">{user.tenant}</strong>
          <span className="muted clip">
            {user.displayName}, {user.role}
          </span>
        </div>
        <Navigation current={page} />
        <div className="bar-end">
          <PendingButton />
          <VerifyButton />
          <OfflineSwitch />
          <SyncBadge />
          <button type="button" className="quiet" onClick={onSignOut} title="Sign out" aria-label="Sign out">
            <LogOut size={18} />
          </button>
        </div>
      </header>
      <main>
        <StoppedBanner />
        <SchemaBanner />
        <ReloadBanner />
        {/* While rows are loaded anew, the old ones stay readable: only a first load has nothing to show. */}
        {position === null ? (
          <Loading />
        ) : (
          <ErrorBoundary key={page}>
            <Page user={user} />
          </ErrorBoundary>
        )}
      </main>
      <RefusedToast listed={page === 'refused'} onShow={() => location.assign('#refused')} />
    </div>
  );
}
