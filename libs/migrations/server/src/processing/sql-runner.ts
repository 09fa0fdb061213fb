/** Runs one statement on one session; rows by column name. */
export type RunSql = <T = Record<string, unknown>>(sql: string, params?: readonly unknown[]) => Promise<readonly T[]>;
