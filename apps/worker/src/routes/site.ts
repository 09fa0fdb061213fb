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
    if (hasExtension(path)) throw new SyncError('not-found', 'there is no such file');
    const index = path === '/admin' || path.startsWith('/admin/') ? '/admin/index.html' : '/index.html';
    const page = await fetchFile(assets, index);
    if (!page) throw new SyncError('not-found', 'the site has not been built');
    return fileResponse(c, index, page);
  });
}

function hasExtension(path: string): boolean {
  return path.slice(path.lastIndexOf('/') + 1).includes('.');
}

async function fetchFile(assets: Fetcher, path: string): Promise<Response | null> {
  if (!hasExtension(path)) return null;
  const response = await assets.fetch(`https://site${path}`);
  if (response.ok) return response;
  await response.body?.cancel();
  return null;
}

function fileResponse(c: Context, path: string, file: Response): Response {
  const extension = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  const etag = `W/"${file.headers.get('content-length') ?? ''}-${Date.parse(file.headers.get('last-modified') ?? '') || 0}"`;
  const headers = new Headers({
    'content-type': TYPES[extension] ?? 'application/octet-stream',
    'cache-control': path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag,
    'x-content-type-options': 'nosniff',
  });
  if (c.req.header('if-none-match') === etag) {
    void file.body?.cancel();
    return new Response(null, { status: 304, headers });
  }
  if (extension === 'html') headers.set('content-security-policy', CONTENT_SECURITY_POLICY);
  // workerd compresses the body by this header, whatever the caller accepts: so the caller is asked first.
  if (COMPRESSIBLE.has(extension) && /\bgzip\b/.test(c.req.header('accept-encoding') ?? '')) {
    headers.set('content-encoding', 'gzip');
    headers.set('vary', 'accept-encoding');
  }
  return new Response(file.body, { headers });
}

/** The replica holds people's data: no script but our own may run beside it (X26). PGlite is WebAssembly in a worker. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'";
