import { once } from 'node:events';

/** Ends the Postgres that global-setup.mjs started, if it did. */
export default async function globalTeardown() {
  const server = globalThis.millraceTestPostgres;
  if (!server) return;
  // Setup let go of it. With nothing else to wait for, Node would end here with exit code 0, before Jest sets that of failed tests.
  server.ref();
  const ended = server.exitCode === null ? once(server, 'exit') : undefined;
  server.stdin.end();
  await ended;
}
