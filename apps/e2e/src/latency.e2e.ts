import { schema, validators } from '@millrace/db';
import { systemClock } from '@millrace/kernel';
import { createClient } from '@millrace/pglite-client';
import { chromiumIsSkipped } from '@millrace/testing-harness';
import type { Page } from 'playwright-core';
import { startDemoStack, type DemoStack } from './support/demo-stack.js';
import { percentiles } from './support/percentiles.js';
import { signToken } from './support/tokens.js';

const UPDATES = 200;
const PER_SECOND = 20;
const ROWS = 100_000;
const EMAIL = 'ada@riverside-mill.example';

/** Rows that the client holds; one of them is updated again and again. */
const INVOICES = `
  insert into invoices (tenant_id, user_id, number, status, currency, amount_cents, issued_at, due_at)
  select u.tenant_id, u.id, 'L-' || n, 'open', 'EUR', n, now(), now() + interval '30 days' from users u, generate_series(1, ${ROWS}) n where u.email = '${EMAIL}'`;

/** Milliseconds since 1970 with fractions: the one clock of this machine, in Node and in the page. */
const now = () => performance.timeOrigin + performance.now();

const describeChromium = chromiumIsSkipped() ? describe.skip : describe;

describeChromium(
  `Commit → visible: ${UPDATES} updates, ${PER_SECOND}/s, the client holds ${ROWS.toLocaleString('en')} rows`,
  () => {
    let demo: DemoStack;
    beforeAll(async () => {
      demo = await startDemoStack(INVOICES);
    }, 240_000);
    afterAll(() => demo?.[Symbol.asyncDispose]());

    /** Commits the updates; when each COMMIT was answered. */
    async function update(): Promise<readonly number[]> {
      const committed: number[] = [];
      const began = now();
      for (let n = 0; n < UPDATES; n++) {
        await systemClock.sleep(Math.max(0, began + (n * 1000) / PER_SECOND - now()));
        await demo.source.run(`update invoices set notes = 'update ${n}' where number = 'L-500'`);
        committed.push(now());
      }
      return committed;
    }

    /** One change each, so the n-th update is visible when the cursor has moved by n + 1. */
    function latencies(
      committed: readonly number[],
      start: bigint,
      moves: readonly { readonly seq: string; readonly at: number }[],
    ): readonly number[] {
      return committed.map((at, n) => {
        const move = moves.find(({ seq }) => BigInt(seq) >= start + BigInt(n) + 1n);
        if (!move) throw new Error(`update ${n} has not become visible`);
        return Math.max(0, move.at - at);
      });
    }

    const headSeq = async () =>
      BigInt((await demo.source.rows('select last_seq from sync.replication_state'))[0]?.['last_seq'] ?? '0');

    it('Node client in memory (P2: p50 ≤ 12 ms, p99 ≤ 100 ms)', async () => {
      const [user] = await demo.source.rows('select id, tenant_id from users where email = $1', [EMAIL]);
      const token = () =>
        signToken(demo.stack.jwtSecret, {
          sub: user?.['id'] as string,
          tenantId: user?.['tenant_id'] as string,
          role: 'admin',
        });
      const client = await createClient({
        url: demo.stack.url,
        getToken: token,
        schema,
        validators,
        storage: 'memory',
      });
      try {
        await client.ready;
        const start = await headSeq();
        const moves: { seq: string; at: number }[] = [];
        const last = new Promise<void>((resolve) => {
          client.status.subscribe(({ position }) => {
            if (!position) return;
            moves.push({ seq: position.seq.toString(), at: now() });
            if (position.seq >= start + BigInt(UPDATES)) resolve();
          });
        });
        const committed = await update();
        await last;
        console.log(`commit → visible, Node client in memory: ${percentiles(latencies(committed, start, moves))}`);
      } finally {
        await client.close();
      }
    }, 120_000);

    it('Chromium, OPFS (P2: p50 ≤ 25 ms, p99 ≤ 100 ms), and with a live list over all of these rows on the screen', async () => {
      const page = await demo.page(EMAIL);
      const measure = async () => {
        const start = await headSeq();
        const moves = watchMoves(page, start + BigInt(UPDATES));
        const committed = await update();
        return percentiles(latencies(committed, start, await moves));
      };
      const withList = await measure();
      await page.getByRole('button', { name: 'Refused' }).click();
      console.log(`commit → visible, Chromium, OPFS: ${await measure()}; with the live list: ${withList}`);
    }, 180_000);
  },
);

/** When the page's cursor moved, until it has reached `last`. */
function watchMoves(page: Page, last: bigint): Promise<readonly { seq: string; at: number }[]> {
  return page.evaluate(
    (lastSeq) =>
      new Promise<{ seq: string; at: number }[]>((resolve) => {
        const moves: { seq: string; at: number }[] = [];
        globalThis.millrace?.status.subscribe(({ position }) => {
          if (!position) return;
          moves.push({ seq: position.seq.toString(), at: performance.timeOrigin + performance.now() });
          if (position.seq >= BigInt(lastSeq)) resolve(moves);
        });
      }),
    last.toString(),
  );
}
