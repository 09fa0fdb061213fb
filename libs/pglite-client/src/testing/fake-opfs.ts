import type { OpfsDirectory, OpfsFile } from '../browser/opfs-directory.js';

type Entry = FakeOpfs | { bytes: Uint8Array<ArrayBuffer> };

/** A folder of OPFS in memory. */
export interface FakeOpfs extends OpfsDirectory {
  readonly entries: Map<string, Entry>;
  /** Bytes that may still be written in all. */
  quota: number;
}

export function fakeOpfs(): FakeOpfs {
  const opfs: FakeOpfs = {
    entries: new Map(),
    quota: Infinity,
    getDirectoryHandle: (name, { create = false } = {}) =>
      Promise.resolve().then(() => {
        const found = opfs.entries.get(name) ?? (create ? fakeOpfs() : notFound(name));
        opfs.entries.set(name, found);
        if ('bytes' in found) throw new DOMException(`${name} is a file`, 'TypeMismatchError');
        return found;
      }),
    getFileHandle: (name, { create = false } = {}) =>
      Promise.resolve().then(() => {
        const found = opfs.entries.get(name) ?? (create ? { bytes: new Uint8Array() } : notFound(name));
        opfs.entries.set(name, found);
        if (!('bytes' in found)) throw new DOMException(`${name} is a folder`, 'TypeMismatchError');
        return fileHandle(opfs, found);
      }),
    keys: async function* () {
      yield* opfs.entries.keys();
    },
    removeEntry: (name) =>
      Promise.resolve().then(() => {
        if (!opfs.entries.delete(name)) notFound(name);
      }),
  };
  return opfs;
}

function notFound(name: string): never {
  throw new DOMException(`${name} is not there`, 'NotFoundError');
}

function fileHandle(opfs: FakeOpfs, file: { bytes: Uint8Array<ArrayBuffer> }): OpfsFile {
  return {
    getFile: () => Promise.resolve(new Blob([file.bytes])),
    createSyncAccessHandle: () =>
      Promise.resolve({
        truncate: (size) => {
          file.bytes = file.bytes.slice(0, size);
        },
        write: (bytes, { at }) => {
          const fit = bytes.subarray(0, opfs.quota);
          const grown = new Uint8Array(Math.max(file.bytes.length, at + fit.length));
          grown.set(file.bytes);
          grown.set(fit, at);
          file.bytes = grown;
          return fit.length;
        },
        close: () => undefined,
      }),
  };
}
