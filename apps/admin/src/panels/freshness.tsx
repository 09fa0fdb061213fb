import { Pause, RefreshCw, TriangleAlert } from 'lucide-react';
import { formatMoment } from '../format/duration.js';
import type { LiveStatus } from '../feed/use-status-feed.js';

/** How old what stands on the page is, and why. */
export function Freshness({ feed: { failure, visible, status, refresh } }: { readonly feed: LiveStatus }) {
  if (!visible) {
    return (
      <span className="muted fresh">
        <Pause size={14} aria-hidden="true" /> paused
      </span>
    );
  }
  if (!failure || !status) return <span className="muted fresh">live, each second</span>;
  return (
    <span className="fresh bad" role="alert" title={failure.message}>
      <TriangleAlert size={14} aria-hidden="true" /> no answer since{' '}
      {formatMoment(new Date(failure.since).toISOString())}, trying again
      <button type="button" className="quiet" onClick={refresh} aria-label="Try now" title="Try now">
        <RefreshCw size={14} />
      </button>
    </span>
  );
}
