import { join } from 'node:path';
import { findWorkspaceRoot } from '@millrace/processes';
import pg from 'pg';
import { startStack } from './start-stack.js';

/** A Worker of a few lines: what is tested here is the harness, not the product. */
const fixture = { config: join(findWorkspaceRoot(), 'tools/dev/src/fixtures/wrangler.jsonc') };

async function count(url: string): Promise<number> {
  return ((await (await fetch(url)).json()) as { count: number }).count;
}

describe('startStack', () => {
  it('has migrated the database and woken the Worker', async () => {
    await using stack = await startStack(fixture);
    const client = new pg.Client({ connectionString: stack.databaseUrl });
    await client.connect();
    const { rows } = await client.query(
      `select to_regclass('sync.change_history') is not null and to_regclass('invoices') is not null as there`,
    );
    await client.end();
    expect(rows).toEqual([{ there: true }]);
    expect(await count(stack.url)).toBe(2);
  });

  it('brings workerd back after kill -9, on the same URL and objects', async () => {
    await using stack = await startStack({ ...fixture, migrate: async () => undefined, wake: false });
    for (let turn = 1; turn <= 4; turn++) {
      expect(await count(stack.url)).toBe(turn);
      const pid = stack.pid();
      await stack.kill9();
      await stack.listening();
      expect(stack.pid()).not.toBe(pid);
    }
  });

  it('leaves workerd dead where the test starts it itself', async () => {
    await using stack = await startStack({ ...fixture, migrate: async () => undefined, wake: false, restart: false });
    await stack.kill9();
    await expect(fetch(stack.url)).rejects.toThrow('fetch failed');
    await stack.start();
    expect(await count(stack.url)).toBe(1);
  });
});
