import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Edit } from './mutant.js';

/** A copy of the working tree in which mistakes may be made. */
export interface TreeCopy extends Disposable {
  readonly root: string;
  /** Makes the edits; the returned function takes them back. Throws if a text does not occur exactly once: the code has moved on and the catalogue has not. */
  edit(edits: readonly Edit[]): () => void;
}

export function copyTree(source: string): TreeCopy {
  const root = mkdtempSync(join(tmpdir(), 'millrace-mutants-'));
  for (const file of trackedFiles(source)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    cpSync(join(source, file), join(root, file));
  }
  linkPackages(join(source, 'node_modules'), join(root, 'node_modules'));
  return {
    root,
    edit: (edits) => editFiles(root, edits),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** What git tracks, and new files that it does not ignore. */
function trackedFiles(source: string): readonly string[] {
  const list = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: source,
    maxBuffer: 64 << 20,
  });
  const deleted = execFileSync('git', ['ls-files', '--deleted', '-z'], { cwd: source, maxBuffer: 64 << 20 });
  const gone = new Set(deleted.toString().split('\0'));
  return list
    .toString()
    .split('\0')
    .filter((file) => file !== '' && !gone.has(file));
}

/** Installed packages are shared; the workspace's own must be the copy's, or the mutant would never be loaded. */
function linkPackages(from: string, to: string): void {
  mkdirSync(to);
  for (const entry of readdirSync(from)) {
    if (entry !== '@millrace') symlinkSync(join(from, entry), join(to, entry));
  }
  mkdirSync(join(to, '@millrace'));
  for (const entry of readdirSync(join(from, '@millrace'))) {
    symlinkSync(readlinkSync(join(from, '@millrace', entry)), join(to, '@millrace', entry));
  }
}

function editFiles(root: string, edits: readonly Edit[]): () => void {
  const originals = new Map<string, string>();
  for (const { file, find, replace } of edits) {
    const path = join(root, file);
    const text = readFileSync(path, 'utf8');
    const occurrences = text.split(find).length - 1;
    if (occurrences !== 1)
      throw new Error(`${file}: the text to change occurs ${occurrences} times, not once:\n${find}`);
    if (!originals.has(path)) originals.set(path, text);
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
  }
  return () => originals.forEach((text, path) => writeFileSync(path, text));
}
