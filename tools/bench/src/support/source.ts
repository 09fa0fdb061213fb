import pg from 'pg';

/** The source Postgres as any outside program sees it: `pg`, nothing of ours. Values as Postgres text. */
export interface Source extends AsyncDisposable {
  rows(sql: string, params?: readonly unknown[]): Promise<readonly Record<string, string | null>[]>;
  /** One or several statements without parameters. */
  run(sql: string): Promise<void>;
}

export const SOURCE_NAME = 'bench';

export async function openSource(databaseUrl: string): Promise<Source> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: SOURCE_NAME,
    types: { getTypeParser: () => (text: string | Buffer) => text.toString() },
  });
  await client.connect();
  return {
    rows: async (sql, params = []) => (await client.query<Record<string, string | null>>(sql, [...params])).rows,
    run: async (sql) => void (await client.query(sql)),
    [Symbol.asyncDispose]: () => client.end(),
  };
}
