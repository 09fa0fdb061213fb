import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodeSnapshot } from '@millrace/hydration';
import { systemClock } from '@millrace/kernel';
import { EPOCH, uuid } from '../testing/conformance/client-store-world.js';
import { httpTransport } from './http-transport.js';

type Answer = { readonly status: number; readonly body: unknown; readonly hangUp?: boolean };

describe('httpTransport', () => {
  let server: Server;
  let url: string;
  let answer: Answer;
  let seen: { path: string; token: string | undefined; body: unknown };
  const transport = () => httpTransport({ url, fetch, WebSocket, clock: systemClock });

  beforeAll(async () => {
    server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        seen = { path: request.url ?? '', token: request.headers.authorization, body: JSON.parse(body) };
        response.writeHead(answer.status);
        if (answer.hangUp) {
          response.write(answer.body);
          setImmediate(() => response.destroy());
        } else response.end(answer.body instanceof Uint8Array ? answer.body : JSON.stringify(answer.body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const request = { clientId: uuid(1), epoch: EPOCH, schemaVersion: '1', mutations: [] };
  const result = { mutationId: 1, txId: uuid(2), verdict: 'accepted', reason: null } as const;

  it('registers with a bearer token', async () => {
    answer = { status: 200, body: { clientId: uuid(1), epoch: EPOCH } };
    expect(await transport().register(uuid(1), 'token')).toEqual({ clientId: uuid(1), epoch: EPOCH });
    expect(seen).toEqual({ path: '/api/clients', token: 'Bearer token', body: { clientId: uuid(1) } });
  });

  it('pushes, and tells verdicts from a conflict [W2]', async () => {
    answer = { status: 200, body: { results: [result] } };
    expect(await transport().push(request, 'token')).toEqual({ kind: 'results', response: { results: [result] } });
    const conflict = { code: 'mutation-order', message: 'elsewhere', epoch: EPOCH, lastMutationId: 3, known: [result] };
    answer = { status: 409, body: conflict };
    expect(await transport().push(request, 'token')).toEqual({ kind: 'conflict', conflict });
  });

  it.each([
    [401, { code: 'unauthenticated', title: '', status: 401, type: '' }, 'unauthenticated'],
    [409, { code: 'schema-unknown', title: '', status: 409, type: '' }, 'schema-unknown'],
    [503, '<html>', 'internal'],
    [429, null, 'too-many-requests'],
    [200, { results: [{ mutationId: 0 }] }, 'invalid-message'],
  ])('status %s is an error of the catalogue', async (status, body, code) => {
    answer = { status, body };
    await expect(transport().push(request, 'token')).rejects.toMatchObject({ code });
  });

  it('a server that is not there is a network failure', async () => {
    const nowhere = httpTransport({ url: 'http://127.0.0.1:9', fetch, WebSocket, clock: systemClock });
    await expect(nowhere.register(uuid(1), 'token')).rejects.toMatchObject({ code: 'network' });
  });

  const whole = Buffer.concat([
    ...encodeSnapshot([
      { kind: 'header', schemaVersion: '1', position: { epoch: EPOCH, seq: '5', chain: '' }, tables: [] },
      { kind: 'end', position: { epoch: EPOCH, seq: '5', chain: '' }, rows: 0 },
    ]),
  ]);
  const drain = async (signal = new AbortController().signal) => {
    const kinds: string[] = [];
    for await (const part of transport().snapshot({ clientId: uuid(1), schemaVersion: '1' }, 'token', signal))
      kinds.push(part.kind);
    return kinds;
  };

  it('reads a snapshot part by part', async () => {
    answer = { status: 200, body: new Uint8Array(whole) };
    expect(await drain()).toEqual(['header', 'end']);
  });

  it('a snapshot that breaks off is no snapshot', async () => {
    answer = { status: 200, body: new Uint8Array(whole.subarray(0, whole.length - 3)), hangUp: true };
    await expect(drain()).rejects.toMatchObject({ code: 'network' });
    answer = { status: 200, body: new Uint8Array(whole.subarray(0, whole.length - 3)) };
    await expect(drain()).rejects.toMatchObject({ code: 'snapshot-corrupt' });
  });

  it('a snapshot that nobody wants any more ends', async () => {
    answer = { status: 200, body: new Uint8Array(whole) };
    await expect(drain(AbortSignal.abort())).rejects.toMatchObject({ code: 'closed' });
  });

  it('a socket that cannot be opened closes', async () => {
    const code = await new Promise((resolve) => {
      httpTransport({ url: 'http://127.0.0.1:9', fetch, WebSocket, clock: systemClock }).openSocket(uuid(1), 'token', {
        opened: () => resolve('opened'),
        message: () => undefined,
        closed: resolve,
      });
    });
    expect(code).toBe(1006);
  });
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
