import { createServer } from 'node:net';
import { UserError } from './user-error.js';

const LOOPBACK = '127.0.0.1';

/** True if a server could listen on this port of 127.0.0.1 now. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await tryToListen(port)) !== null;
}

/**
 * The port a person asked for, if it is free.
 * @throws UserError naming the setting that moves it
 */
export async function requirePort(port: number, setting: string): Promise<number> {
  if (await isPortFree(port)) return port;
  throw new UserError(`port ${port} is taken`, {
    why: `another program listens on ${LOOPBACK}:${port}`,
    wayOut: [`stop that program, or choose another port: ${setting}=${port + 1} npm start`],
  });
}

/** The first free port of `preferred`, or any free one. For ports whose number means nothing to a person. */
export async function findFreePort(preferred: readonly number[] = []): Promise<number> {
  for (const port of preferred) if (await isPortFree(port)) return port;
  const port = await tryToListen(0);
  if (port === null) throw new Error(`no free port on ${LOOPBACK}`);
  return port;
}

/** Listens for a moment; the port listened on, or null if it was refused. */
function tryToListen(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null));
    });
  });
}
