import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@millrace/embedded-postgres';
import type { PostgresBinaries, RunningPostgres } from '@millrace/embedded-postgres';

/** A throw-away Postgres for a run of tests. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
}

/**
 * Room for many databases side by side, each with slots and walsenders of its own. Nothing survives the run, so
 * nothing has to reach the disk; crash tests kill processes, not the machine, and lose nothing by it.
 */
const TEST_SETTINGS = {
  max_connections: '300',
  max_replication_slots: '60',
  max_wal_senders: '60',
  fsync: 'off',
  full_page_writes: 'off',
};

export interface TestServerOptions {
  /** Default: the Postgres from npm. */
  readonly binaries?: PostgresBinaries;
}

/** Starts a Postgres in a temporary folder; disposing stops it and removes the folder. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-test-postgres-'));
  let server: RunningPostgres;
  try {
    server = await startPostgres({
      dataDir: join(folder, 'data'),
      settings: TEST_SETTINGS,
      ...options,
    });
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw cause;
  }
  return {
    url: server.url,
    pid: server.pid,
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
