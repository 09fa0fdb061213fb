import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { makeTemplateImage } from '../src/store/template-image.js';

/* Makes `out-template/pglite-template.tar.gz`, unless it is there and fits: the image from which new databases are opened. */

const folder = join(import.meta.dirname, '../out-template');
const file = join(folder, 'pglite-template.tar.gz');
const stampFile = join(folder, 'stamp');
const stamp = inputDigest();

if (existsSync(file) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) {
  console.log(`${file} is up to date`);
} else {
  const began = performance.now();
  const tar = Buffer.from(await (await makeTemplateImage()).arrayBuffer());
  const packed = gzipSync(tar, { level: 9 });
  mkdirSync(folder, { recursive: true });
  replace(file, packed);
  replace(stampFile, stamp);
  const kilobytes = (bytes: number) => `${Math.round(bytes / 1000).toLocaleString('en')} kB`;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${file}: ${kilobytes(packed.length)}, unpacked ${kilobytes(tar.length)}, made in ${seconds} s`);
}

/** Whole or not at all: another build may be reading it. */
function replace(path: string, content: string | Uint8Array): void {
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, content);
  renameSync(fresh, path);
}

/** Of what makes the image; its reader must be the very PGlite that wrote it. */
function inputDigest(): string {
  const pglite = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const source = (name: string) => join(import.meta.dirname, '../src/store', name);
  const inputs = [
    join(pglite, '..', 'pglite.wasm'),
    source('template-image.ts'),
    source('tar-entries.ts'),
    source('open-pglite.ts'),
  ];
  const digest = createHash('sha256');
  for (const input of inputs) digest.update(readFileSync(input));
  return digest.digest('hex');
}
