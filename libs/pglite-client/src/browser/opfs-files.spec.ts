import { fakeOpfs, type FakeOpfs } from '../testing/fake-opfs.js';
import { opfsFiles } from './opfs-files.js';

describe('opfsFiles', () => {
  it('outlives the process, until it is cleared', async () => {
    const root = fakeOpfs();
    const files = opfsFiles(root, 'hydration');
    expect(await files.read('a')).toBeNull();
    await files.clear();
    await files.write('a', Uint8Array.of(1, 2, 3));
    await files.write('b', Uint8Array.of(4));
    await files.write('a', Uint8Array.of(5));
    const again = opfsFiles(root, 'hydration');
    expect(await again.read('a')).toEqual(Uint8Array.of(5));
    expect(await again.read('b')).toEqual(Uint8Array.of(4));
    expect(await again.read('c')).toBeNull();
    expect(await opfsFiles(root, 'other').read('a')).toBeNull();
    await again.clear();
    expect(await again.read('a')).toBeNull();
    expect([...root.entries]).toEqual([]);
  });

  it('says so when the disk is full', async () => {
    const root = fakeOpfs();
    const files = opfsFiles(root, 'hydration');
    await files.write('a', Uint8Array.of(1));
    (root.entries.get('hydration') as FakeOpfs).quota = 1;
    await expect(files.write('b', Uint8Array.of(1, 2))).rejects.toMatchObject({ code: 'storage-failed' });
  });
});
