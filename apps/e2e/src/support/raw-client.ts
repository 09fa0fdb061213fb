import type { PositionJson } from '@millrace/kernel';
import type { Hello } from '@millrace/sync-protocol';
import { randomUUID } from 'node:crypto';
import type { FixtureStack } from './fixture-stack.js';
import { helloAt, openRawSocket, type RawSocket } from './raw-socket.js';
import { readySnapshot } from './snapshots.js';
import { signToken, type TokenOf } from './tokens.js';

/** A registered client by hand: its id, and calls in its owner's name. */
export interface RawClient {
  readonly baseUrl: string;
  readonly clientId: string;
  token(more?: Partial<TokenOf>): Promise<string>;
  post(path: string, body: unknown, more?: Partial<TokenOf>): Promise<Response>;
  open(more?: Partial<TokenOf>): Promise<RawSocket>;
  /** A `hello` at this cursor for the scope of its own token, as its manifest names it. */
  hello(position: PositionJson, fields?: Partial<Hello>): Promise<Hello>;
  /** Open, greeted and live at the head of history, or at the cursor given. */
  live(position?: PositionJson, more?: Partial<TokenOf>): Promise<RawSocket>;
}

export async function rawClient(
  { stack }: FixtureStack,
  tenantId: string,
  sub = `user-of-${tenantId}`,
): Promise<RawClient> {
  const clientId = randomUUID();
  const token = (more: Partial<TokenOf> = {}) => signToken(stack.jwtSecret, { sub, tenantId, ...more });
  let scope: Promise<string> | null = null;
  const client: RawClient = {
    baseUrl: stack.url,
    clientId,
    token,
    post: async (path, body, more) => {
      const headers = { authorization: `Bearer ${await token(more)}` };
      return fetch(`${stack.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    },
    open: async (more) => {
      const socket = openRawSocket({ url: stack.url, clientId, token: await token(more) });
      await socket.opened;
      return socket;
    },
    hello: async (position, fields) => {
      scope ??= readySnapshot(client).then((manifest) => manifest.scope);
      return helloAt(position, { clientId, scope: await scope, ...fields });
    },
    live: async (position, more) => {
      const socket = await client.open(more);
      socket.say(await client.hello(position ?? (await headOf(stack))));
      await socket.frame('welcome');
      return socket;
    },
  };
  const registered = await client.post('/api/clients', { clientId });
  if (!registered.ok) throw new Error(`not registered: ${await registered.text()}`);
  return client;
}

/** The end of history. */
export async function headOf({ url, adminToken }: FixtureStack['stack']): Promise<PositionJson> {
  const response = await fetch(`${url}/api/admin/wake`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}` },
  });
  return (await response.json()) as PositionJson;
}
