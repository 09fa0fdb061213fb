import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { findFreePort, isPortFree, requirePort } from './ports.js';

let holder: Server;
let taken: number;

beforeAll(async () => {
  holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  taken = (holder.address() as AddressInfo).port;
});
afterAll(() => holder.close());

describe('ports', () => {
  it('knows a taken one', async () => {
    expect(await isPortFree(taken)).toBe(false);
  });

  it('takes the first preferred one that is free, else any', async () => {
    const free = await findFreePort();
    expect(await findFreePort([taken, free])).toBe(free);
    expect(await findFreePort([taken])).not.toBe(taken);
  });

  it('refuses a taken one that was asked for, naming the setting', async () => {
    await expect(requirePort(taken, 'PORT')).rejects.toMatchObject({
      message: `port ${taken} is taken`,
      wayOut: [expect.stringContaining(`PORT=${taken + 1} npm start`)],
    });
  });
});
