import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

const NEVER_AN_INPUT = new Set(['node_modules', 'dist', 'out-tsc', 'out-template', 'coverage', 'test-output']);
const TESTS = /\.(spec|e2e)\.[cm]?[jt]sx?$/;

/**
 * One hash over the names and contents of all files below `paths`. By content, not by time: a fresh clone or a
 * switched branch must never be taken for what was built before.
 * @param paths files or folders, relative to `root`
 */
export function hashInputs(root: string, paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of [...paths].sort()) addPath(hash, root, join(root, path));
  return hash.digest('hex');
}

function addPath(hash: Hash, root: string, path: string): void {
  if (statSync(path).isDirectory()) {
    for (const name of readdirSync(path).sort()) if (isInput(name)) addPath(hash, root, join(path, name));
    return;
  }
  const content = readFileSync(path);
  hash.update(`${relative(root, path)}\0${content.length}\0`).update(content);
}

function isInput(name: string): boolean {
  return !name.startsWith('.') && !NEVER_AN_INPUT.has(name) && !TESTS.test(name) && !name.endsWith('.tsbuildinfo');
}
