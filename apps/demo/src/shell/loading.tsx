import { useStatus } from '@millrace/pglite-client/react';
import { Notice } from '../ui/notice.js';

/** Until the first rows are here. */
export function Loading() {
  const { fault, progress } = useStatus();
  if (fault) return <Notice title="Your data could not be loaded yet" detail={`${fault.message} Trying again by itself.`} busy />;
  const rows = progress ? `${progress.rows.toLocaleString()} rows so far` : undefined;
  return <Notice title="Loading your data …" {...(rows ? { detail: rows } : {})} busy />;
}
