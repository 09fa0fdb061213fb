import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { findFreePort, isPortFree, requirePort } from './ports.js';

const holders: Server[] = [];

async function hold(host: string, port = 0): Promise<number> {
  const server = createServer().listen(port, host);
  holders.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A port that is held, of which the next one is held too. */
async function holdTwoInARow(): Promise<number> {
  for (;;) {
    const first = await hold('127.0.0.1');
    const second = await hold('127.0.0.1', first + 1).catch(() => null);
    if (second !== null) return first;
  }
}

let taken: number;

beforeAll(async () => {
  taken = await hold('127.0.0.1');
});
afterAll(() => holders.forEach((server) => server.close()));

const hasIpv6Loopback = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

describe('ports', () => {
  it('knows a taken one', async () => {
    expect(await isPortFree(taken)).toBe(false);
  });

  it('takes one for taken where `localhost` may mean another program, on IPv6', async () => {
    const port = hasIpv6Loopback ? await hold('::1') : await findFreePort();
    expect(await isPortFree(port)).toBe(!hasIpv6Loopback);
    if (hasIpv6Loopback) {
      await expect(requirePort(port, 'PORT')).rejects.toMatchObject({
        why: `another program listens on [::1]:${port}`,
      });
    }
  });

  it('takes the first preferred one that is free, else any', async () => {
    const free = await findFreePort();
    expect(await findFreePort([taken, free])).toBe(free);
    expect(await findFreePort([taken])).not.toBe(taken);
  });

  it('refuses a taken one that was asked for, naming the setting and a port that is free', async () => {
    const port = await holdTwoInARow();
    const error: unknown = await requirePort(port, 'PORT').catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      message: `port ${port} is taken`,
      wayOut: [expect.stringMatching(/PORT=\d+ npm start/)],
    });
    const suggested = Number(/PORT=(\d+)/.exec((error as { wayOut: string[] }).wayOut[0] ?? '')?.[1]);
    expect(suggested).toBeGreaterThan(port + 1);
    expect(await isPortFree(suggested)).toBe(true);
  });
});
