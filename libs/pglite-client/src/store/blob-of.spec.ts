import { blobOf } from './blob-of.js';
import { openPGlite } from './open-pglite.js';

describe('blobOf', () => {
  it('hands the bytes over as they are, and a part of them as a copy', async () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    expect(await blobOf(bytes).arrayBuffer()).toBe(bytes.buffer);
    expect(new Uint8Array(await blobOf(bytes.subarray(1, 3)).arrayBuffer())).toEqual(Uint8Array.of(2, 3));
  });

  it('is all that COPY needs', async () => {
    const pg = await openPGlite();
    await pg.exec('create table t (a text)');
    const { affectedRows } = await pg.query(`copy t from '/dev/blob'`, [], {
      blob: blobOf(new TextEncoder().encode('one\ntwo\n')),
    });
    expect(affectedRows).toBe(2);
    await pg.close();
  });
});
