import { useClient, useStatus } from '@millrace/pglite-client/react';
import { Notice } from '../ui/notice.js';
import { describeProgress } from './describe-progress.js';
import { ProgressBar } from './progress-bar.js';

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
  if (fault && !progress)
    return (
      <Notice
        title="Your data could not be loaded yet"
        detail={`${fault.message}. It is tried again by itself.`}
        busy
      />
    );
  return (
    <Notice title={progress ? describeProgress(progress).title : 'Loading your rows …'} busy>
      {progress && <ProgressBar progress={progress} />}
    </Notice>
  );
}
