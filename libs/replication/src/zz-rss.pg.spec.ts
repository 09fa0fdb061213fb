import { captureWorld } from './testing/capture-world.js';

test.each([50_000, 200_000, 400_000])('rss of one transaction of %i rows', async (count) => {
  await using world = await captureWorld();
  const capture = world.capture({ reader: (process.env['RSS_READER'] as 'poll') ?? 'stream' });
  capture.start();
  await world.settle(capture);
  (globalThis as { gc?: () => void }).gc?.();
  const idle = process.memoryUsage().rss;
  let peak = idle;
  let heap = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
    heap = Math.max(heap, process.memoryUsage().heapUsed);
  }, 10);
  await world.sql.query(`insert into items select n, 'a', repeat('x', 60), repeat('y', 60) from generate_series(1, ${count}) n`);
  const began = Date.now();
  const head = await world.settle(capture);
  clearInterval(timer);
  const mb = (bytes: number) => Math.round(bytes / 1024 / 1024);
  process.stderr.write(`rows ${count}: idle ${mb(idle)} MB, peak +${mb(peak - idle)} MB, heap ${mb(heap)} MB, ${Date.now() - began} ms, seq ${head.seq}, quarantined ${capture.status().counters.quarantined}\n`);
}, 300_000);
