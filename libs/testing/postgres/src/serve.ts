import { startTestServer } from './test-server.js';

/**
 * Serves a test Postgres for as long as whoever started it lives: prints its URL when ready, and stops when standard
 * input closes. That holds even if the starter is killed, so no run of tests leaves a server behind.
 */
async function serve(): Promise<void> {
  const starterGone = new Promise<void>((resolve) => {
    process.stdin.resume().once('end', resolve).once('close', resolve);
  });
  // Ctrl-C reaches the whole terminal group; the starter decides when the tests are over.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  await using server = await startTestServer();
  process.stdout.write(`${server.url}\n`);
  await starterGone;
}

await serve();
