import { LSN_ZERO, type Lsn } from '@millrace/kernel';
import { openPgReplicationStream } from '@millrace/postgres';
import { machineNow } from '../core/machine-clock.js';
import { openSource } from './source.js';

/** Postgres' own replication stream, read in this process and thrown away: what any sync engine has to wait for at least. */
export interface CommitStream extends AsyncDisposable {
  /** When the commits of transactions with changes arrived, in order, ms of the machine's clock. */
  readonly arrivals: readonly number[];
  /** Bytes of all messages. */
  readonly bytes: number;
  /** Resolves when so many commits have arrived. */
  arrived(count: number): Promise<void>;
}

const COMMIT = 0x43;
const CHANGES = new Set([0x49, 0x55, 0x44]);

/** Opens a stream on a slot that it makes, beginning now; `existing`: on one that is there. The slot is gone afterwards. */
export async function openCommitStream(
  databaseUrl: string,
  slot: string,
  { existing = false }: { readonly existing?: boolean } = {},
): Promise<CommitStream> {
  await using resources = new AsyncDisposableStack();
  const source = resources.use(await openSource(databaseUrl));
  if (!existing) await source.rows(`select pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  resources.defer(() => source.run(`select pg_drop_replication_slot('${slot}')`));
  const stream = await openPgReplicationStream(
    databaseUrl,
    'bench-raw',
  )({ slot, startLsn: LSN_ZERO, pluginOptions: { proto_version: '1', publication_names: 'millrace' } });

  const arrivals: number[] = [];
  const waiting = new Set<() => void>();
  let bytes = 0;
  const reading = (async () => {
    let changes = 0;
    let flushed: Lsn = LSN_ZERO;
    for await (const message of stream.messages()) {
      if (message.kind === 'keepalive') {
        if (message.replyRequested) stream.sendStatus(flushed);
        continue;
      }
      bytes += message.payload.length;
      const tag = message.payload[0] ?? 0;
      if (CHANGES.has(tag)) changes += 1;
      if (tag !== COMMIT) continue;
      if (changes > 0) arrivals.push(machineNow());
      changes = 0;
      flushed = message.walEnd;
      waiting.forEach((look) => look());
    }
  })();
  resources.defer(async () => {
    await stream.close();
    await reading;
  });
  const owned = resources.move();
  return {
    arrivals,
    get bytes() {
      return bytes;
    },
    arrived: async (count) => {
      const done = Promise.withResolvers<void>();
      const look = (): void => {
        if (arrivals.length >= count) done.resolve();
      };
      waiting.add(look);
      look();
      await Promise.race([done.promise, reading]).finally(() => waiting.delete(look));
      if (arrivals.length < count) throw new Error('the replication stream ended before its time');
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
