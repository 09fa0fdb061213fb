import { useStatus } from '@millrace/pglite-client/react';
import { describeProgress } from './describe-progress.js';
import { describeReload } from './describe-reload.js';
import { ProgressBar } from './progress-bar.js';

/** Rows are loaded anew, or what happened since is still coming. What was here can be read and written all the time. */
export function ReloadBanner() {
  const { position, progress, resync, filling, fault } = useStatus();
  const reload = describeReload({ resync, filling });
  if (position === null || (reload === null && progress === null)) return null;
  return (
    <div className="banner busy" role="status" data-filling={filling?.join(' ')}>
      <span>{reload ?? (progress && describeProgress(progress).title)}</span>
      {progress && <ProgressBar progress={progress} />}
      {!progress && fault && <span className="muted">{fault.message}. It is tried again by itself.</span>}
    </div>
  );
}
