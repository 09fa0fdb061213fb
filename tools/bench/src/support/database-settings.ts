import type { BenchPage } from './bench-page.js';

/** Lines of postgresql.conf that make another PGlite the same as the client's: asked of the client's own database, so that they cannot differ. */
export async function databaseSettings(page: BenchPage): Promise<readonly string[]> {
  const { rows } = await page.call(
    'query',
    `select name || ' = ' || quote_literal(current_setting(name)) as line from pg_settings where source = 'configuration file' order by name`,
  );
  return rows.map(({ line }) => line ?? '');
}
