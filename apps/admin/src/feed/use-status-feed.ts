import { systemClock } from '@millrace/kernel';
import { useEffect, useState } from 'react';
import { fetchStatus } from './fetch-status.js';
import { createStatusFeed, EMPTY_FEED, type FeedState } from './status-feed.js';

const EVERY_MS = 1_000;

export interface LiveStatus extends FeedState {
  /** False while the tab is hidden: then nothing is asked. */
  readonly visible: boolean;
  /** Asks now. */
  readonly refresh: () => void;
}

/** The server's status, a second old at most while somebody looks. */
export function useStatusFeed(token: string): LiveStatus {
  const [state, setState] = useState(EMPTY_FEED);
  const [visible, setVisible] = useState(() => !document.hidden);
  const [refreshes, setRefreshes] = useState(0);
  const [feed] = useState(() =>
    createStatusFeed({
      fetchStatus: (signal) => fetchStatus(token, signal),
      clock: systemClock,
      everyMs: EVERY_MS,
      onState: setState,
    }),
  );

  useEffect(() => {
    const look = () => setVisible(!document.hidden);
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);

  useEffect(() => {
    if (!visible) return;
    feed.start();
    return () => feed.stop();
  }, [feed, visible, refreshes]);

  return { ...state, visible, refresh: () => setRefreshes((count) => count + 1) };
}
