import { useStatus } from '@millrace/pglite-client/react';
import { TriangleAlert } from 'lucide-react';

/** The client can't go on without a person. What is written here is kept, but not sent. */
export function StoppedBanner() {
  const { phase, fault } = useStatus();
  if (phase !== 'stopped') return null;
  return (
    <p className="banner" role="alert">
      <TriangleAlert size={16} aria-hidden="true" /> Syncing has stopped: {fault?.message ?? 'the reason is unknown'}
      <button type="button" onClick={() => location.reload()}>
        Load the page again
      </button>
    </p>
  );
}
