import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@millrace/kernel';
import { addColor } from '../testing/conformance-migrations.js';
import { EPOCH, uuid } from '../testing/conformance/client-store-world.js';
import { httpTransport } from './http-transport.js';

type Answer = {
  readonly status: number;
  readonly body: unknown;
  readonly hangUp?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
};

describe('httpTransport', () => {
  let server: Server;
  let url: string;
  let answer: Answer;
  let seen: { path: string; token: string | undefined; body: unknown };
  const transport = () => httpTransport({ url, fetch, WebSocket, clock: systemClock });

  beforeAll(async () => {
    server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        seen = {
          path: request.url ?? '',
          token: request.headers.authorization,
          body: body === '' ? null : JSON.parse(body),
        };
        response.writeHead(answer.status, answer.headers);
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

  it('[M2] asks for the schema in force, and for the steps to it', async () => {
    answer = { status: 200, body: { schema: addColor.after, inForce: '1.1.0', fit: 'must-migrate' } };
    const { signal } = new AbortController();
    expect(await transport().schema({ tables: '1.0.0', app: '1.0 &' }, 'token', signal)).toEqual(answer.body);
    expect(seen).toEqual({ path: '/api/schema?tables=1.0.0&app=1.0+%26', token: 'Bearer token', body: null });
    answer = {
      status: 200,
      body: { state: 'known', inForce: '1.1.0', steps: [{ direction: 'up', migration: addColor }] },
    };
    expect(await transport().migrations('1.0.0', 'token', signal)).toEqual(answer.body);
    expect(seen.path).toBe('/api/migrations?from=1.0.0');
    answer = { status: 200, body: { schema: null } };
    await expect(transport().schema({ tables: '1', app: '1' }, 'token', signal)).rejects.toMatchObject({
      code: 'invalid-message',
    });
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

  const live = () => new AbortController().signal;
  const position = { epoch: EPOCH, seq: '5', chain: '0'.repeat(32) };
  const wish = {
    clientId: uuid(1),
    schemaVersion: '1',
    layouts: {},
    not: [],
    tables: null,
    atLeast: '0',
    cause: 'new-client' as const,
  };

  it('asks for a snapshot, which may still be in the making', async () => {
    const building = { state: 'building', rows: 7, rowEstimate: 9, retryAfterMs: 500 };
    answer = { status: 202, body: building };
    expect(await transport().snapshot(wish, 'token', live())).toEqual(building);
    expect(seen).toEqual({ path: '/api/snapshots', token: 'Bearer token', body: wish });
    answer = { status: 200, body: { state: 'ready', manifest: { version: 9 } } };
    await expect(transport().snapshot(wish, 'token', live())).rejects.toMatchObject({ code: 'invalid-message' });
    answer = { status: 429, body: null };
    await expect(transport().snapshot(wish, 'token', live())).rejects.toMatchObject({ code: 'too-many-requests' });
    await expect(transport().snapshot(wish, 'token', AbortSignal.abort())).rejects.toMatchObject({ code: 'closed' });
  });

  describe('a chunk', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    const chunk = (maxBytes = 4, signal = live()) =>
      transport().chunk({ clientId: uuid(1), id: uuid(2), n: 3 }, 'token', { maxBytes, signal });

    it('comes as its unpacked bytes, by its address and a token in the header (X16)', async () => {
      answer = { status: 200, body: bytes };
      expect([...(await chunk())]).toEqual([1, 2, 3, 4]);
      expect(seen).toEqual({
        path: `/api/snapshots/${uuid(2)}/chunks/3?client=${uuid(1)}`,
        token: 'Bearer token',
        body: null,
      });
    });

    it('that is refused for now says for how long', async () => {
      answer = { status: 429, body: null, headers: { 'retry-after': '7' } };
      await expect(chunk()).rejects.toMatchObject({ code: 'too-many-requests', retryAfterMs: 7_000 });
      answer = { status: 503, body: null, headers: { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' } };
      await expect(chunk()).rejects.toMatchObject({ code: 'internal', retryAfterMs: null });
    });

    it('(I11) is not read beyond what its manifest says', async () => {
      answer = { status: 200, body: bytes };
      await expect(chunk(3)).rejects.toMatchObject({ code: 'snapshot-corrupt' });
    });

    it('that breaks off is no chunk, and one that is not there is said so', async () => {
      answer = { status: 200, body: bytes, hangUp: true };
      await expect(chunk()).rejects.toMatchObject({ code: 'network' });
      answer = { status: 404, body: { code: 'not-found', title: '', status: 404, type: '' } };
      await expect(chunk()).rejects.toMatchObject({ code: 'not-found' });
      await expect(chunk(4, AbortSignal.abort())).rejects.toMatchObject({ code: 'closed' });
    });
  });

  describe('a tail', () => {
    const request = { clientId: uuid(1), schemaVersion: '1', after: position, atLeast: '5', held: { items: '7' } };
    const lines = (text: string, more: Partial<Answer> = {}): Answer => ({
      status: 200,
      body: new TextEncoder().encode(text),
      ...more,
    });
    const drain = async (signal = live()) => {
      const kinds: string[] = [];
      for await (const line of transport().tail(request, 'token', signal)) kinds.push(line.kind);
      return kinds;
    };
    const end = JSON.stringify({ kind: 'end', position });

    it('comes line by line', async () => {
      const frames = JSON.stringify({ kind: 'frames', messages: [{ type: 'begin', from: '5', time: null }] });
      answer = lines(`${frames}\n${end}\n`);
      expect(await drain()).toEqual(['frames', 'end']);
      expect(seen).toEqual({ path: '/api/tail', token: 'Bearer token', body: request });
      answer = lines(end);
      expect(await drain()).toEqual(['end']);
    });

    it('that breaks off, is garbled or refused throws', async () => {
      answer = lines(`${end}\n`, { hangUp: true });
      await expect(drain()).rejects.toMatchObject({ code: 'network' });
      answer = lines('{"kind":"other"}\n');
      await expect(drain()).rejects.toMatchObject({ code: 'invalid-message' });
      answer = { status: 401, body: null };
      await expect(drain()).rejects.toMatchObject({ code: 'unauthenticated' });
      await expect(drain(AbortSignal.abort())).rejects.toMatchObject({ code: 'closed' });
    });
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
