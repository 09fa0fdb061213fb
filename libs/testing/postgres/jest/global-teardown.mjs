import { once } from 'node:events';

/** Ends the Postgres that global-setup.mjs started, if it did. */
export default async function globalTeardown() {
  const server = globalThis.millraceTestPostgres;
  if (!server) return;
  const ended = server.exitCode === null ? once(server, 'exit') : undefined;
  server.stdin.end();
  await ended;
}
