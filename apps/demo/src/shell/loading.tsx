import { useClient, useStatus } from '@millrace/pglite-client/react';
import { Notice } from '../ui/notice.js';

/** Until the first rows are here. */
export function Loading() {
  const client = useClient();
  const { fault, phase, progress } = useStatus();
  if (phase === 'offline') {
    return (
      <Notice
        title="Nothing has been loaded yet"
        detail="This page works offline once its rows are here."
        actions={[{ label: 'Go online', run: () => client.connect() }]}
      />
    );
  }
  if (phase === 'stopped') return <Notice title="Your data could not be loaded" detail={fault?.message} />;
  if (fault)
    return (
      <Notice
        title="Your data could not be loaded yet"
        detail={`${fault.message}. It is tried again by itself.`}
        busy
      />
    );
  return (
    <Notice
      title="Loading your data …"
      busy
      detail={progress ? `${progress.rows.toLocaleString('en')} rows` : undefined}
    >
      {progress !== null && progress.of > 0 && (
        <progress aria-label="Loaded" max={Math.max(progress.of, progress.rows)} value={progress.rows} />
      )}
    </Notice>
  );
}
