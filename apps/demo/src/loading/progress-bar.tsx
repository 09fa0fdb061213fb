import type { HydrationProgress } from '@millrace/pglite-client/react';
import { describeProgress } from './describe-progress.js';

/** How far a load is: a bar, and the numbers behind it. */
export function ProgressBar({ progress }: { readonly progress: HydrationProgress }) {
  const { figures, done } = describeProgress(progress);
  return (
    <div className="progress" data-phase={progress.phase}>
      <progress aria-label="Loaded" max={1} {...(done === null ? {} : { value: done })} />
      <p className="muted">{figures.join(' · ')}</p>
    </div>
  );
}
