import type { Context } from 'hono';
import { SyncError } from '@millrace/kernel';
import type { Router } from './router.js';

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
  wasm: 'application/wasm',
  data: 'application/octet-stream',
  map: 'application/json',
  txt: 'text/plain; charset=utf-8',
  gz: 'application/gzip',
  tar: 'application/x-tar',
};

/** Types worth compressing on the way; the others are compressed already or small. */
const COMPRESSIBLE = new Set(['html', 'js', 'css', 'json', 'svg', 'wasm', 'data', 'txt']);

/** The replica holds people's data: no script but our own may run beside it (X26). PGlite is WebAssembly in a worker. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "object-src 'none'",
].join('; ');

/**
 * The web apps, from the ASSETS binding. A disk service gives bytes and nothing else: type, caching, compression and the fallback to a single-page
 * app's index are added here.
 */
export function siteRoute(router: Router): void {
  router.get('*', async (c) => {
    const assets = c.env.ASSETS;
    if (!assets) throw new SyncError('not-found', 'this Worker serves no site');
    const path = new URL(c.req.url).pathname;
    const file = await fetchFile(assets, path);
    if (file) return fileResponse(c, path, file);
    if (extensionOf(path) !== null) throw new SyncError('not-found', 'there is no such file');
    const index = path === '/admin' || path.startsWith('/admin/') ? '/admin/index.html' : '/index.html';
    const page = await fetchFile(assets, index);
    if (!page) throw new SyncError('not-found', 'the site has not been built');
    return fileResponse(c, index, page);
  });
  router.all('*', () => {
    throw new SyncError('not-found', 'there is no such route');
  });
}

/** In lower case; null: the path is a page of an app, not a file. */
function extensionOf(path: string): string | null {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.includes('.') ? name.slice(name.lastIndexOf('.') + 1).toLowerCase() : null;
}

async function fetchFile(assets: Fetcher, path: string): Promise<Response | null> {
  const extension = extensionOf(path);
  if (extension === null) return null;
  const response = await assets.fetch(`https://site${path}`);
  if (response.ok && !isListing(response, extension)) return response;
  await response.body?.cancel();
  return null;
}

/** A disk service answers for a folder with a list of its files as JSON, and for a file never with that type. */
function isListing(response: Response, extension: string): boolean {
  return TYPES[extension] !== TYPES['json'] && response.headers.get('content-type') === 'application/json';
}

async function fileResponse(c: Context, path: string, file: Response): Promise<Response> {
  const extension = extensionOf(path) ?? '';
  const etag = etagOf(file);
  const headers = new Headers({
    'content-type': TYPES[extension] ?? 'application/octet-stream',
    'cache-control': path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    'x-content-type-options': 'nosniff',
  });
  if (etag !== null) headers.set('etag', etag);
  if (etag !== null && knows(c.req.header('if-none-match'), etag)) {
    await file.body?.cancel();
    return new Response(null, { status: 304, headers });
  }
  if (extension === 'html') headers.set('content-security-policy', CONTENT_SECURITY_POLICY);
  if (COMPRESSIBLE.has(extension)) {
    headers.set('vary', 'accept-encoding');
    // workerd compresses the body by this header, whatever the caller accepts: so the caller is asked first.
    if (acceptsGzip(c.req.header('accept-encoding'))) headers.set('content-encoding', 'gzip');
  }
  return new Response(file.body, { headers });
}

/** Weak, since the body may leave compressed. Null where nothing tells one version of a file from the next: such a one is sent each time. */
function etagOf(file: Response): string | null {
  const given = file.headers.get('etag');
  if (given !== null) return given.startsWith('W/') ? given : `W/${given}`;
  const size = file.headers.get('content-length');
  const modified = Date.parse(file.headers.get('last-modified') ?? '');
  return size === null || Number.isNaN(modified) ? null : `W/"${size}-${modified}"`;
}

function knows(ifNoneMatch: string | undefined, etag: string): boolean {
  const opaque = etag.slice(2);
  return (ifNoneMatch ?? '').split(',').some((known) => [etag, opaque, '*'].includes(known.trim()));
}

function acceptsGzip(acceptEncoding: string | undefined): boolean {
  return (acceptEncoding ?? '').split(',').some((encoding) => {
    const [name, quality] = encoding.split(';').map((part) => part.trim().toLowerCase());
    return name === 'gzip' && !/^q=0(\.0*)?$/.test(quality ?? '');
  });
}
