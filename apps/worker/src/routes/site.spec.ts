import { fakeWorker } from '../testing/fake-env.js';

const MODIFIED = 'Wed, 25 Nov 2026 10:00:00 GMT';

/** As workerd's disk service answers: octets for files, a JSON list for folders. */
function disk(files: Readonly<Record<string, string>>): (path: string) => Response {
  return (path) => {
    const text = files[path];
    if (text !== undefined) {
      const headers = {
        'content-type': 'application/octet-stream',
        'content-length': `${text.length}`,
        'last-modified': MODIFIED,
      };
      return new Response(text, { headers });
    }
    const isFolder = Object.keys(files).some((file) => file.startsWith(path.endsWith('/') ? path : `${path}/`));
    return isFolder ? Response.json([{ name: 'secret-name', type: 'file' }]) : new Response('', { status: 404 });
  };
}

const site = disk({
  '/index.html': '<demo>',
  '/admin/index.html': '<admin>',
  '/assets/app.1a2b.js': 'script',
  '/manifest.json': '{}',
  '/pglite.data': 'data',
  '/logo.PNG': 'png',
  '/v1.2/file.txt': 'text',
});
const worker = fakeWorker({ site });

describe('the site', () => {
  it.each([
    ['/', '<demo>', 'text/html; charset=utf-8'],
    ['/index.html', '<demo>', 'text/html; charset=utf-8'],
    ['/customers/7', '<demo>', 'text/html; charset=utf-8'],
    ['/administrator', '<demo>', 'text/html; charset=utf-8'],
    ['/admin', '<admin>', 'text/html; charset=utf-8'],
    ['/admin/', '<admin>', 'text/html; charset=utf-8'],
    ['/admin/instances', '<admin>', 'text/html; charset=utf-8'],
    ['/assets/app.1a2b.js', 'script', 'text/javascript; charset=utf-8'],
    ['/manifest.json', '{}', 'application/json'],
    ['/pglite.data', 'data', 'application/octet-stream'],
    ['/logo.PNG', 'png', 'image/png'],
  ])('%s is %s', async (path, body, type) => {
    const response = await worker.request(path);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(body);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each(['/missing.js', '/assets/old.js', '/v1.2', '/assets/../v1.2'])(
    '%s is not there, and no list of a folder either',
    async (path) => {
      const response = await worker.request(path);
      expect(response.status).toBe(404);
      expect(await response.text()).not.toContain('secret-name');
    },
  );

  it('lets pages run our own scripts alone (X26)', async () => {
    const policy = (await worker.request('/')).headers.get('content-security-policy');
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(policy).toContain("frame-ancestors 'none'");
  });

  it('is kept for ever where the name holds the hash, and asked for each time elsewhere', async () => {
    expect((await worker.request('/assets/app.1a2b.js')).headers.get('cache-control')).toContain('immutable');
    expect((await worker.request('/')).headers.get('cache-control')).toBe('no-cache');
  });

  it.each([(etag: string) => etag, (etag: string) => `"x", ${etag}`, (etag: string) => etag.slice(2), () => '*'])(
    'is not sent again to who has it',
    async (known) => {
      const etag = (await worker.request('/')).headers.get('etag') ?? '';
      expect(etag).toBe(`W/"6-${Date.parse(MODIFIED)}"`);
      const again = await worker.request('/', { headers: { 'if-none-match': known(etag) } });
      expect(again.status).toBe(304);
      expect(again.headers.get('etag')).toBe(etag);
      expect(await again.text()).toBe('');
    },
  );

  it('is sent again after it has changed', async () => {
    const response = await worker.request('/', { headers: { 'if-none-match': 'W/"6-1"' } });
    expect(response.status).toBe(200);
  });

  it("uses the assets' own etag, and none where versions cannot be told apart", async () => {
    const assets = fakeWorker({ site: () => new Response('<demo>', { headers: { etag: '"strong"' } }) });
    expect((await assets.request('/')).headers.get('etag')).toBe('W/"strong"');
    const bare = fakeWorker({ site: () => new Response('<demo>') });
    const response = await bare.request('/', { headers: { 'if-none-match': '*' } });
    expect([response.status, response.headers.get('etag')]).toEqual([200, null]);
  });

  it.each([
    ['gzip, br', 'gzip'],
    ['br;q=1, GZIP;q=0.5', 'gzip'],
    ['br, gzip;q=0', null],
    ['x-gzip-not', null],
    ['', null],
  ])('accept-encoding %p is answered with %p', async (accepted, encoding) => {
    const response = await worker.request('/', { headers: { 'accept-encoding': accepted } });
    expect(response.headers.get('content-encoding')).toBe(encoding);
    expect(response.headers.get('vary')).toBe('accept-encoding');
  });

  it('leaves compressed files as they are', async () => {
    const response = await worker.request('/logo.PNG', { headers: { 'accept-encoding': 'gzip' } });
    expect(response.headers.get('content-encoding')).toBeNull();
  });

  it('answers HEAD without a body', async () => {
    const response = await worker.request('/', { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
  });

  it('takes nothing', async () => {
    const response = await worker.request('/', { method: 'POST', body: 'x' });
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  it('may not be there at all', async () => expect((await fakeWorker().request('/')).status).toBe(404));
});
