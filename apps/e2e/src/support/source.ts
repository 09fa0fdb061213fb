import type { Row } from '@millrace/kernel';
import { connectPg } from '@millrace/postgres';

/** The source Postgres, as any outside program sees it. */
export interface Source extends AsyncDisposable {
  /** Values as Postgres text. */
  rows(sql: string, params?: readonly (string | null)[]): Promise<readonly Row[]>;
  /** One or several statements without parameters. */
  run(sql: string): Promise<void>;
}

export async function openSource(databaseUrl: string): Promise<Source> {
  const session = await connectPg({ connectionString: databaseUrl, applicationName: 'e2e-outside-writer' });
  return {
    rows: async (sql, params = []) => (await session.query(sql, params)).rows,
    run: async (sql) => void (await session.query(sql)),
    [Symbol.asyncDispose]: () => session.close(),
  };
}
