import type { CopySession, SqlSession } from '@millrace/kernel';
import { declareCases } from './declare-cases.js';
import { copySessionCases, sqlConnectionCases } from './sql-connection-cases.js';

/** Declares the tests that every adapter of the SQL port passes. `open` opens a fresh session on one database of the test's own. */
export function describeSqlConnection(name: string, open: () => Promise<SqlSession>): void {
  declareCases(`${name}: SqlConnection`, sqlConnectionCases, open);
}

/** The same for adapters that can stream COPY. */
export function describeCopySession(name: string, open: () => Promise<CopySession>): void {
  declareCases(`${name}: CopySession`, copySessionCases, open);
}
