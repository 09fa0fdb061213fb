import { findSystemPostgres } from '@millrace/embedded-postgres';
import { startTestServer, type TestServer } from './test-server.js';

const INSTALL = 'install one (Debian: apt-get install postgresql-15 postgresql-15-wal2json)';

/** Starts a Postgres of the operating system that has wal2json. @throws Error if there is none */
export async function startWal2jsonServer(): Promise<TestServer> {
  const binaries = findSystemPostgres('wal2json');
  if (!binaries) throw new Error(`no Postgres with wal2json here: ${INSTALL}`);
  return startTestServer({ binaries });
}

/**
 * True if there is no Postgres with wal2json here, so that its tests are skipped, which is said loudly:
 * `const withWal2json = wal2jsonIsSkipped() ? describe.skip : describe`. Never true in CI: there they run, and fail by name.
 */
export function wal2jsonIsSkipped(): boolean {
  if (findSystemPostgres('wal2json') !== null || isCi()) return false;
  process.stderr.write(`! NO POSTGRES WITH wal2json: ITS TESTS ARE SKIPPED; ${INSTALL}\n`);
  return true;
}

function isCi(): boolean {
  return !['', '0', 'false'].includes(process.env['CI'] ?? '');
}
