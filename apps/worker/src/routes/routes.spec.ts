import { SqlError } from '@millrace/kernel';
import { LIMITS } from '@millrace/sync-protocol';
import { decodeJwt } from 'jose';
import {
  ADMIN_TOKEN,
  app,
  asAdmin,
  CLIENT,
  EPOCH,
  fakeWorker,
  HEAD,
  SECRET,
  signedIn,
  type FakeWorker,
} from '../testing/fake-env.js';

interface Problem {
  readonly code: string;
  readonly detail: string;
}

async function expectProblem(response: Response, status: number, code: string): Promise<Problem> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = (await response.json()) as Problem;
  expect(problem).toEqual({
    type: `https://millrace.dev/errors/${code}`,
    title: code,
    status,
    code,
    detail: expect.any(String),
  });
  expect(response.status).toBe(status);
  return problem;
}

async function post(
  worker: FakeWorker,
  path: string,
  body: BodyInit,
  headers: Record<string, string> = {},
): Promise<Response> {
  return worker.request(path, { method: 'POST', body, headers: { ...(await signedIn()), ...headers }, duplex: 'half' });
}

const mutation = {
  mutationId: 1,
  txId: EPOCH,
  changes: [{ table: 'notes', operation: 'delete', key: { id: '1' }, set: {}, old: {}, version: null }],
};
const push = { clientId: CLIENT, epoch: EPOCH, schemaVersion: '1.0.0', mutations: [mutation] };
const snapshot = {
  clientId: CLIENT,
  schemaVersion: '1.0.0',
  layouts: {},
  tables: null,
  atLeast: '0',
  cause: 'new-client',
};
const tail = {
  clientId: CLIENT,
  schemaVersion: '1.0.0',
  after: { epoch: EPOCH, seq: '1', chain: 'c'.repeat(32) },
  atLeast: '1',
  held: {},
};

const SIGNED_IN_ROUTES = [
  ['/api/clients', { clientId: CLIENT }],
  ['/api/changes', push],
  ['/api/snapshots', snapshot],
  ['/api/tail', tail],
  ['/api/checksums', {}],
] as const;

describe('routes that need a token', () => {
  it.each(SIGNED_IN_ROUTES)('POST %s is refused without one, before anything is read or called', async (path, body) => {
    const worker = fakeWorker();
    const send = (headers: Record<string, string>) =>
      worker.request(path, { method: 'POST', body: JSON.stringify(body), headers });
    await expectProblem(await send({}), 401, 'unauthenticated');
    await expectProblem(await send({ authorization: 'Bearer junk' }), 401, 'unauthenticated');
    await expectProblem(await send(asAdmin), 401, 'unauthenticated');
    expect(worker.called()).toEqual([]);
  });

  it.each(SIGNED_IN_ROUTES)('GET %s does not exist', async (path) => {
    await expectProblem(await fakeWorker().request(path, { headers: await signedIn() }), 404, 'not-found');
  });

  it('POST /api/clients binds the id to the caller, after capture has begun', async () => {
    const worker = fakeWorker();
    const response = await post(worker, '/api/clients', JSON.stringify({ clientId: CLIENT }));
    expect(await response.json()).toEqual({ clientId: CLIENT, epoch: EPOCH });
    expect(worker.called()).toEqual(['replication.wake', 'gateway.register']);
    expect(worker.calls[1]?.args).toEqual([
      CLIENT,
      expect.objectContaining({ sub: 'ann', claims: { sub: 'ann', tenantId: 't1' } }),
    ]);
  });

  it('POST /api/changes answers with verdicts, and wakes the reader', async () => {
    const worker = fakeWorker();
    const response = await post(worker, '/api/changes', JSON.stringify(push));
    expect(await response.json()).toEqual({ results: [] });
    expect(worker.called()).toEqual(['gateway.push', 'replication.nudge']);
    expect(worker.calls[0]?.args).toEqual([push, expect.objectContaining({ sub: 'ann' })]);
  });

  it('[W2] a conflict is 409 with what is known', async () => {
    const conflict = { code: 'mutation-order', message: 'm', epoch: EPOCH, lastMutationId: 3, known: [] };
    const worker = fakeWorker({
      methods: { 'gateway.push': () => ({ ok: true, value: { kind: 'conflict', conflict } }) },
    });
    const response = await post(worker, '/api/changes', JSON.stringify(push));
    expect([response.status, await response.json()]).toEqual([409, conflict]);
    expect(worker.called()).toEqual(['gateway.push']);
  });
});

describe('bodies (X18)', () => {
  it.each([
    ['nothing', ''],
    ['no JSON', '{"clientId":'],
    ['another shape', '{"clientId":7}'],
    ['a list', '[]'],
    ['not UTF-8', new Uint8Array([0x22, 0xff, 0xfe, 0x22])],
    ['half a character', new Uint8Array([0x22, 0xf0, 0x9f])],
  ])('%s is 400', async (_name, body) => {
    const worker = fakeWorker();
    await expectProblem(await post(worker, '/api/clients', body), 400, 'invalid-message');
    expect(worker.called()).toEqual([]);
  });

  it('a length above the limit is 413 by its declaration alone', async () => {
    const response = await post(fakeWorker(), '/api/clients', '{}', { 'content-length': '5000' });
    await expectProblem(response, 413, 'limit-exceeded');
  });

  it('a body that was not declared is counted while it comes, and not read to its end', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(32));
      },
    });
    await expectProblem(await post(fakeWorker(), '/api/changes', endless), 413, 'limit-exceeded');
    expect(sent).toBeLessThan(LIMITS.pushBytes + 10 * 65_536);
  });

  it('X19 a key that is called __proto__ is nobody’s prototype', async () => {
    const response = await post(fakeWorker(), '/api/clients', `{"__proto__":{"clientId":"${CLIENT}"}}`);
    await expectProblem(response, 400, 'invalid-message');
  });
});

describe('errors (X25)', () => {
  it.each([
    ['database-unavailable', 503, '1'],
    ['too-many-requests', 429, '1'],
    ['unknown-client', 404, null],
  ])('%s is %i, Retry-After %p', async (code, status, retryAfter) => {
    const worker = fakeWorker({
      methods: { 'gateway.register': () => ({ ok: false, code, message: 'at db.internal:5432' }) },
    });
    const response = await post(worker, '/api/clients', JSON.stringify({ clientId: CLIENT }));
    expect(response.headers.get('retry-after')).toBe(retryAfter);
    const { detail } = await expectProblem(response, status, code);
    if (code === 'database-unavailable') expect(detail).not.toContain('db.internal');
  });

  it('what nobody expected is 500 and says nothing', async () => {
    const logged = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const methods = {
      'gateway.register': () => {
        throw new SqlError('select secret from users', { code: '42601' });
      },
    };
    const response = await post(fakeWorker({ methods }), '/api/clients', JSON.stringify({ clientId: CLIENT }));
    const { detail } = await expectProblem(response, 500, 'internal');
    expect(detail).not.toContain('secret');
    expect(logged).toHaveBeenCalledWith(expect.stringContaining('select secret from users'));
    logged.mockRestore();
  });

  it('a wrong setting is named on every route', async () => {
    const worker = fakeWorker({ env: { MILLRACE_GATEWAYS: 'many' } });
    for (const path of ['/healthz', '/api/admin/status', '/']) {
      const { detail } = await expectProblem(await worker.request(path), 500, 'database-misconfigured');
      expect(detail).toContain('MILLRACE_GATEWAYS');
    }
  });

  it.each([
    ['streaming', null, 200],
    ['asleep', null, 200],
    ['backoff', 59, 200],
    ['backoff', 61, 503],
    ['starting', 61, 503],
    ['misconfigured', 1, 503],
  ])('/healthz tells of capture that is %s and fails since %s s: %s [Z1]', async (state, seconds, status) => {
    const failingSince = seconds === null ? null : new Date(Date.now() - seconds * 1000).toISOString();
    const worker = fakeWorker({
      methods: { 'replication.health': () => ({ ok: true, value: { state, failingSince } }) },
    });
    const response = await worker.request('/healthz');
    expect([response.status, await response.json()]).toEqual([status, { ok: status === 200, state }]);
    expect(worker.called()).toEqual(['replication.health']);
  });
});

describe('pages of other origins (X15)', () => {
  const ALLOWED = 'https://app.example';
  const worker = fakeWorker({ env: { MILLRACE_ALLOWED_ORIGINS: `${ALLOWED},https://two.example` } });
  const preflight = (path: string, origin: string) =>
    worker.request(path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });

  it.each([...SIGNED_IN_ROUTES.map(([path]) => path), `/api/snapshots/${EPOCH}/chunks/0`])(
    '%s may be called by those of the list, and by our own',
    async (path) => {
      for (const origin of [ALLOWED, 'https://two.example', 'http://localhost:8787']) {
        const response = await preflight(path, origin);
        expect(response.status).toBe(204);
        expect(response.headers.get('access-control-allow-origin')).toBe(origin);
        expect(response.headers.get('access-control-allow-headers')).toBe('authorization,content-type');
        expect(response.headers.get('access-control-allow-credentials')).toBeNull();
        expect(response.headers.get('vary')).toContain('Origin');
      }
    },
  );

  it.each(['https://app.example.evil.example', 'http://app.example', 'https://other.example', 'null'])(
    'not by those of %s',
    async (origin) => {
      const response = await preflight('/api/changes', origin);
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
      const answer = await post(worker, '/api/changes', JSON.stringify(push), { origin });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  it('they read answers, errors too, and when to come again', async () => {
    const headers = { origin: ALLOWED };
    const answer = await post(worker, '/api/changes', JSON.stringify(push), headers);
    expect([answer.status, await answer.json()]).toEqual([200, { results: [] }]);
    const refused = await worker.request('/api/changes', { method: 'POST', body: '{}', headers });
    await expectProblem(refused, 401, 'unauthenticated');
    for (const response of [answer, refused]) {
      expect(response.headers.get('access-control-allow-origin')).toBe(ALLOWED);
      expect(response.headers.get('access-control-expose-headers')).toContain('retry-after');
    }
  });

  it('an operator’s routes are for no page but ours', async () => {
    const response = await worker.request('/api/admin/status', { headers: { ...asAdmin, origin: ALLOWED } });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect((await preflight('/api/admin/status', ALLOWED)).headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('admin routes (X29)', () => {
  it('[Z1] /metrics answers to the admin token alone, from what the status says', async () => {
    const status = { capture: {}, counters: {}, incidents: [], instances: [], epochs: [], lagMs: null };
    const worker = fakeWorker({ methods: { 'replication.status': () => ({ ok: true, value: status }) } });
    const response = await worker.request('/metrics', { headers: asAdmin });
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await response.text()).toContain('# TYPE millrace_transactions_total counter');
    expect(worker.called()).toEqual(['replication.status']);
    await expectProblem(await worker.request('/metrics'), 401, 'unauthenticated');
  });

  it('answer to the admin token', async () => {
    const worker = fakeWorker();
    expect((await worker.request('/api/admin/status', { headers: asAdmin })).status).toBe(200);
    const woken = await worker.request('/api/admin/wake', { method: 'POST', headers: asAdmin });
    expect(await woken.json()).toEqual({ ...HEAD, seq: '7' });
  });

  it('[Z1] the status wakes nothing', async () => {
    const worker = fakeWorker();
    await worker.request('/api/admin/status', { headers: asAdmin });
    expect(worker.called()).toEqual(['replication.status']);
  });

  it.each<Record<string, string>>([
    {},
    { authorization: 'Bearer wrong' },
    { authorization: `Bearer ${ADMIN_TOKEN}x` },
    { authorization: ADMIN_TOKEN },
  ])('refuse %p', async (headers) => {
    const worker = fakeWorker();
    await expectProblem(await worker.request('/api/admin/status', { headers }), 401, 'unauthenticated');
    await expectProblem(await worker.request('/api/admin/wake', { method: 'POST', headers }), 401, 'unauthenticated');
    expect(worker.called()).toEqual([]);
  });

  it('refuse a user’s token, whatever its claims', async () => {
    const headers = await signedIn({ role: 'admin' });
    await expectProblem(await fakeWorker().request('/api/admin/status', { headers }), 401, 'unauthenticated');
  });

  it('are not there where no admin token is set', async () => {
    const worker = fakeWorker({ env: { MILLRACE_ADMIN_TOKEN: '' } });
    await expectProblem(
      await worker.request('/api/admin/status', { headers: { authorization: 'Bearer ' } }),
      404,
      'not-found',
    );
  });

  it('tell the operator what a client is not told', async () => {
    const refused = { ok: false, code: 'database-unavailable', message: 'connect ECONNREFUSED db.internal:5432' };
    const worker = fakeWorker({ methods: { 'replication.wake': () => refused } });
    const response = await worker.request('/api/admin/wake', { method: 'POST', headers: asAdmin });
    expect((await expectProblem(response, 503, 'database-unavailable')).detail).toContain('db.internal');
  });

  const TRICKS = [
    '/api/admin/status/',
    '/api/admin//status',
    '//api/admin/status',
    '/api//admin/status',
    '/%61pi/admin/status',
    '/api/%61dmin/status',
    '/api/admin%2fstatus',
    '/api%2Fadmin/status',
    '/API/admin/status',
    '/api/Admin/status',
    '/x/../api/admin/status',
    '/api/admin/./status',
    '/api/admin/status;x',
    '/api/admin/status%00',
    '/api/admin/status?token=x',
    '/api/admin/status.json',
    '/api/admin\\status',
  ];
  it.each(TRICKS.flatMap((path) => ['GET', 'HEAD', 'POST', 'OPTIONS', 'PUT'].map((method) => [method, path])))(
    'X17 %s %s reaches nothing without the token',
    async (method, path) => {
      const worker = fakeWorker({ site: () => new Response('<page>') });
      await worker.request(path, { method });
      expect(worker.called()).toEqual([]);
    },
  );

  it.each(['status', '%73tatus'])('X17 HEAD of %s is guarded as GET is', async (name) => {
    const worker = fakeWorker();
    expect((await worker.request(`/api/admin/${name}`, { method: 'HEAD' })).status).toBe(401);
    expect((await worker.request(`/api/admin/${name}`, { method: 'HEAD', headers: asAdmin })).status).toBe(200);
  });
});

describe('development sign-in', () => {
  const dev = { MILLRACE_DEV: '1' };
  const signIn = (worker: FakeWorker, email: string, origin = '') =>
    worker.request(`${origin}/api/dev/sign-in`, { method: 'POST', body: JSON.stringify({ email }) });

  it('lists users and signs one in', async () => {
    const worker = fakeWorker({ env: dev });
    expect(await (await worker.request('/api/dev/sign-in')).json()).toEqual({
      users: [expect.objectContaining({ email: 'ann@example.org' })],
    });
    const { token } = (await (await signIn(worker, 'ann@example.org')).json()) as { token: string };
    const claims = decodeJwt(token);
    expect(claims).toMatchObject({ sub: CLIENT, tenantId: EPOCH });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBeLessThanOrEqual(15 * 60);
  });

  it('knows its users', async () => {
    await expectProblem(await signIn(fakeWorker({ env: dev }), 'nobody@example.org'), 404, 'not-found');
  });

  it.each(['http://localhost:8787', 'http://127.0.0.1:8787', 'http://[::1]:8787'])('is there on %s', async (origin) => {
    expect((await fakeWorker({ env: dev }).request(`${origin}/api/dev/sign-in`)).status).toBe(200);
  });

  it.each([
    ['without MILLRACE_DEV', {}, 'http://localhost:8787'],
    ['with another value', { MILLRACE_DEV: 'true' }, 'http://localhost:8787'],
    ['on a public name', dev, 'https://app.example'],
    ['on a name that begins like loopback', dev, 'http://localhost.evil.example'],
    ['on the network', dev, 'http://192.168.0.7:8787'],
    [
      'with keys of an identity provider, which would not know the token',
      { ...dev, MILLRACE_JWKS_URL: 'https://id.example/jwks' },
      'http://localhost:8787',
    ],
  ])('is not there %s', async (_name, env, origin) => {
    const worker = fakeWorker({ env });
    await expectProblem(await worker.request(`${origin}/api/dev/sign-in`), 404, 'not-found');
    await expectProblem(await signIn(worker, 'ann@example.org', origin), 404, 'not-found');
    expect(worker.called()).toEqual([]);
  });

  it('is not there for an app that has none', async () => {
    const { devSignIn: _none, ...bare } = app;
    await expectProblem(await fakeWorker({ env: dev, app: bare }).request('/api/dev/sign-in'), 404, 'not-found');
  });
});

describe('GET /api/sync', () => {
  async function upgrade(
    worker: FakeWorker,
    more: Record<string, string | null> = {},
    path = `/api/sync?client=${CLIENT}`,
  ): Promise<Response> {
    const token = (await signedIn()).authorization.slice('Bearer '.length);
    const headers = { upgrade: 'websocket', 'sec-websocket-protocol': `millrace.v1, bearer.${token}`, ...more };
    return worker.request(path, {
      headers: Object.fromEntries(
        Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== null),
      ),
    });
  }

  it('hands the socket to the client’s object, with the principal and no header of the caller', async () => {
    const worker = fakeWorker();
    const forged = encodeURIComponent(JSON.stringify({ sub: 'bob', claims: {}, expiresAt: 9e9 }));
    await upgrade(worker, { 'x-millrace-principal': forged, cookie: 'a=b' });
    const [url, init] = worker.calls[0]?.args as [string, { headers: Record<string, string> }];
    expect(url).toBe(`https://sync/${CLIENT}`);
    expect(Object.keys(init.headers).sort()).toEqual(['sec-websocket-protocol', 'upgrade', 'x-millrace-principal']);
    expect(JSON.parse(decodeURIComponent(init.headers['x-millrace-principal'] ?? ''))).toMatchObject({
      sub: 'ann',
      claims: { tenantId: 't1' },
    });
  });

  const upgrades: readonly (readonly [
    string,
    { readonly headers?: Record<string, string | null>; readonly path?: string },
    number,
    string,
  ])[] = [
    ['no upgrade', { headers: { upgrade: null } }, 400, 'invalid-message'],
    ['no subprotocol', { headers: { 'sec-websocket-protocol': null } }, 426, 'protocol-version'],
    [
      'another subprotocol',
      { headers: { 'sec-websocket-protocol': 'millrace.v99, bearer.x' } },
      426,
      'protocol-version',
    ],
    ['no token', { headers: { 'sec-websocket-protocol': 'millrace.v1' } }, 401, 'unauthenticated'],
    ['no client', { path: '/api/sync' }, 400, 'invalid-message'],
    ['no uuid', { path: '/api/sync?client=../admin' }, 400, 'invalid-message'],
  ];
  it.each(upgrades)('refuses: %s', async (_name, { headers, path }, status, code) => {
    const worker = fakeWorker();
    await expectProblem(await upgrade(worker, headers, path), status, code);
    expect(worker.called()).toEqual([]);
  });

  it('X15 takes our own pages, those of the list, and programs, which send no Origin', async () => {
    const worker = fakeWorker({ env: { MILLRACE_ALLOWED_ORIGINS: 'https://app.example' } });
    for (const origin of ['http://localhost:8787', 'https://app.example', null]) await upgrade(worker, { origin });
    expect(worker.called()).toEqual(['sync.fetch', 'sync.fetch', 'sync.fetch']);
  });

  it.each([
    'https://evil.example',
    'https://app.example.evil.example',
    'http://app.example',
    'http://localhost:8788',
    'https://localhost:8787',
    'null',
  ])('X15 refuses pages of %s', async (origin) => {
    const worker = fakeWorker({ env: { MILLRACE_ALLOWED_ORIGINS: 'https://app.example' } });
    await expectProblem(await upgrade(worker, { origin }), 403, 'forbidden');
    expect(worker.called()).toEqual([]);
  });
});

it('secrets of these specs are long enough to be real', () => expect(SECRET.length).toBeGreaterThanOrEqual(32));
