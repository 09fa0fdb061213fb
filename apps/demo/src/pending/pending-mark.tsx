import { ArrowUpFromLine } from 'lucide-react';

/** At a row whose last write is still on its way. */
export function PendingMark() {
  return (
    <span className="pending-mark" role="img" aria-label="Not on the server yet" title="Not on the server yet">
      <ArrowUpFromLine size={13} />
    </span>
  );
}
