import type { AdminInstanceState, AdminStatus } from '@millrace/sync-protocol';

export type CaptureState = AdminStatus['capture']['state'];
export type Tone = 'good' | 'warn' | 'bad' | 'quiet';

const CAPTURE: Record<CaptureState, { readonly tone: Tone; readonly meaning: string }> = {
  starting: { tone: 'warn', meaning: 'Opening the replication slot.' },
  streaming: { tone: 'good', meaning: 'Reading the WAL as it is written.' },
  polling: { tone: 'good', meaning: 'Reading the WAL at intervals.' },
  'gate-waiting': {
    tone: 'warn',
    meaning: 'A commit is in the WAL but not visible yet: a synchronous standby is awaited.',
  },
  backoff: { tone: 'bad', meaning: 'Something failed; it is tried again by itself.' },
  asleep: { tone: 'quiet', meaning: 'No client is connected: the database is left alone until one comes.' },
  misconfigured: {
    tone: 'bad',
    meaning: 'Postgres lacks something that replication needs. It goes on once that is mended.',
  },
};

export function captureTone(state: CaptureState): Tone {
  return CAPTURE[state].tone;
}

export function captureMeaning(state: CaptureState): string {
  return CAPTURE[state].meaning;
}

/** `pg_replication_slots.wal_status`. */
export function walTone(walStatus: string): Tone {
  if (walStatus === 'reserved') return 'good';
  return walStatus === 'extended' ? 'warn' : 'bad';
}

/** A client that loads for the first time is well; one that began again and again is not. */
export function instanceTone({ phase, attempts, lastError }: AdminInstanceState): Tone {
  if (phase === 'live') return 'good';
  if (phase === 'created') return 'quiet';
  return attempts > 2 || lastError !== null ? 'bad' : 'warn';
}
