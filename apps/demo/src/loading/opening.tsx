import { useEffect, useState } from 'react';
import { Notice } from '../ui/notice.js';
import { describeOpening } from './describe-opening.js';

/** Until the database is open. By the page's own clock: a worker that hangs tells nothing. */
export function Opening({ onReload }: { readonly onReload: () => void }) {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((before) => before + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  const detail = describeOpening(seconds);
  return (
    <Notice
      title="Opening your database …"
      busy
      {...(detail === null ? {} : { detail, actions: [{ label: 'Reload the page', run: onReload }] })}
    />
  );
}
