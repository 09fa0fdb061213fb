import { errorText } from '@millrace/kernel';
import type { AdminStatus } from '@millrace/sync-protocol';
import { Moon } from 'lucide-react';
import { useState } from 'react';
import { wake } from '../feed/wake.js';
import { formatMoment, formatSpan } from '../format/duration.js';

export interface SleepNoticeProps {
  readonly sleep: NonNullable<AdminStatus['sleep']>;
  /** The server's time, ISO. */
  readonly now: string;
  readonly token: string;
  /** It has been woken: the page is out of date. */
  readonly onWoken: () => void;
}

/** That the server has let go of Postgres, and what ends that. Looking at this page does not. */
export function SleepNotice({ sleep: { since, nextLookAt }, now, token, onWoken }: SleepNoticeProps) {
  const [waking, setWaking] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const run = async () => {
    setWaking(true);
    setFailure(null);
    await wake(token).then(onWoken, (error: unknown) => setFailure(errorText(error)));
    setWaking(false);
  };
  const left = formatSpan(Math.max(0, Date.parse(nextLookAt) - Date.parse(now)));
  return (
    <section className="panel sleep" aria-live="polite">
      <Moon size={18} aria-hidden="true" />
      <p>
        Asleep since {formatMoment(since)}, next look at {formatMoment(nextLookAt)} (in {left}).{' '}
        <span className="muted">
          Nobody is connected: Postgres is left alone and keeps what is written. Figures are those from before.
        </span>
        {failure && (
          <span className="bad" role="alert">
            {' '}
            It could not be woken: {failure}
          </span>
        )}
      </p>
      <button type="button" onClick={() => void run()} disabled={waking} aria-busy={waking}>
        {waking ? 'Waking …' : 'Wake now'}
      </button>
    </section>
  );
}
