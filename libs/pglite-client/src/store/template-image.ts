import { openPGlite } from './open-pglite.js';
import { withoutEntries } from './tar-entries.js';

/** Databases that initdb makes beside the one in use: copies of it, which nobody connects to. */
const UNUSED = ['template0', 'template1'];

/** Maps of free space and of visibility: Postgres makes them again when it wants them, and each file costs a browser as much as its content. */
const MAPS = /_(fsm|vm)$/;

/**
 * A new, empty database as a tar file, for `loadDataDir`: opening it takes a fraction of what initdb takes. Without the databases that only
 * CREATE DATABASE would copy: a third of the bytes and of the files. It fits the PGlite that made it and no other.
 */
export async function makeTemplateImage(): Promise<Blob> {
  const pg = await openPGlite();
  try {
    await pg.exec('update pg_database set datistemplate = false');
    for (const name of UNUSED) await pg.exec(`drop database ${name}`);
    // A log of its own: what initdb wrote into the one before is of no use to anybody.
    await pg.exec('set wal_recycle = off; select pg_switch_wal();');
    await pg.exec('checkpoint');
    const archive = await pg.dumpDataDir('none');
    return withoutEntries(new Uint8Array(await archive.arrayBuffer()), MAPS);
  } finally {
    await pg.close();
  }
}
