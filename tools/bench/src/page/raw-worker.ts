import { PGlite } from '@electric-sql/pglite';
import { machineNow } from '../core/machine-clock.js';
import type { RawAnswer, RawCommand, RawTable } from './page-api.js';

/* PGlite and nothing else: what the same database costs without any syncing around it. */

/** The image from which the client makes a new database. initdb would leave another: one in whose process half of Postgres has run already. */
const IMAGE = new URL('../../../../libs/pglite-client/out-template/pglite-template.tar.gz', import.meta.url);

let pg: PGlite | null = null;

function database(): PGlite {
  if (!pg) throw new Error('no raw database is open');
  return pg;
}

async function perform(command: RawCommand): Promise<RawAnswer> {
  switch (command.kind) {
    case 'open': {
      const startedAt = machineNow();
      const image = command.image ? { loadDataDir: await fetchBlob(IMAGE) } : {};
      pg = await PGlite.create({ dataDir: command.dataDir, postgresqlconf: [...command.settings], ...image });
      await pg.query(command.first);
      return { startedAt, doneAt: machineNow() };
    }
    case 'load':
      return load(command.tables);
    case 'close': {
      const startedAt = machineNow();
      await database().close();
      return { startedAt, doneAt: machineNow() };
    }
  }
}

async function load(tables: readonly RawTable[]): Promise<RawAnswer> {
  const ready = await Promise.all(
    tables.map(async ({ ddl, copy, files }) => ({ ddl, copy, blobs: await Promise.all(files.map(fetchBlob)) })),
  );
  const startedAt = machineNow();
  await database().transaction(async (tx) => {
    for (const { ddl, copy, blobs } of ready) {
      await tx.exec(ddl);
      for (const blob of blobs) await tx.query(copy, [], { blob });
    }
  });
  await database().syncToFs();
  return { startedAt, doneAt: machineNow() };
}

async function fetchBlob(url: string | URL): Promise<Blob> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  const type = response.headers.get('content-type') ?? '';
  return new Blob([await response.arrayBuffer()], { type });
}

addEventListener('message', ({ data }: MessageEvent<RawCommand>) => {
  perform(data).then(
    (answer) => postMessage(answer),
    (error: unknown) => postMessage({ error: error instanceof Error ? error.message : String(error) }),
  );
});
