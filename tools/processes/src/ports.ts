import { createServer } from 'node:net';
import { UserError } from './user-error.js';

const LOOPBACK = '127.0.0.1';
/** Browsers try `localhost` on this one first: a program there answers in our place although we have the port on 127.0.0.1. */
const LOOPBACK_6 = '::1';
const NEIGHBOURS = 100;
const HIGHEST = 65_535;

/** True if a server could listen on this port of 127.0.0.1 now, and nobody else would answer at `localhost`. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await takenAddress(port)) === null;
}

/**
 * The port a person asked for, if it is free.
 * @throws UserError naming the setting that moves it, and the next port that is free
 */
export async function requirePort(port: number, setting: string): Promise<number> {
  const taken = await takenAddress(port);
  if (taken === null) return port;
  const next = await nextFreePort(port);
  throw new UserError(`port ${port} is taken`, {
    why: `another program listens on ${taken}`,
    wayOut: [`stop that program, or choose another port: ${setting}=${next} npm start`],
  });
}

/** The first free port of `preferred`, or any free one. For ports whose number means nothing to a person. */
export async function findFreePort(preferred: readonly number[] = []): Promise<number> {
  for (const port of preferred) if (await isPortFree(port)) return port;
  const attempt = await tryToListen(LOOPBACK, 0);
  if (attempt.port === null) throw new Error(`no free port on ${LOOPBACK}`);
  return attempt.port;
}

async function nextFreePort(taken: number): Promise<number> {
  for (let port = taken + 1; port <= Math.min(taken + NEIGHBOURS, HIGHEST); port += 1) {
    if (await isPortFree(port)) return port;
  }
  return findFreePort();
}

/** Where somebody else listens, or null. A machine without IPv6 refuses its address for other reasons than that it is taken. */
async function takenAddress(port: number): Promise<string | null> {
  if ((await tryToListen(LOOPBACK, port)).port === null) return `${LOOPBACK}:${port}`;
  return (await tryToListen(LOOPBACK_6, port)).code === 'EADDRINUSE' ? `[${LOOPBACK_6}]:${port}` : null;
}

/** The port listened on for a moment; if it was refused, null and the system's reason. */
interface Attempt {
  readonly port: number | null;
  readonly code?: string | undefined;
}

function tryToListen(host: string, port: number): Promise<Attempt> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve({ port: null, code }));
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve({ port: typeof address === 'object' && address !== null ? address.port : null }));
    });
  });
}
