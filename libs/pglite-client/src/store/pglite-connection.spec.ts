import { describeSqlConnection } from '@millrace/testing';
import { openPGlite, type LocalPostgres } from './open-pglite.js';
import { pgliteConnection } from './pglite-connection.js';

let pg: LocalPostgres;
beforeAll(async () => {
  pg = await openPGlite();
});
afterAll(() => pg.close());

describeSqlConnection('PGlite', () => Promise.resolve(pgliteConnection(pg)));
