/// <reference types="jest" />
import type { CopySession, SqlSession } from '@millrace/kernel';
import { copySessionCases, sqlConnectionCases } from './sql-connection-cases.js';

/** Declares the tests that every adapter of the SQL port passes. `open` opens a fresh session on one database of the test's own. */
export function describeSqlConnection(name: string, open: () => Promise<SqlSession>): void {
  describe(`${name}: SqlConnection`, () => {
    for (const { name: rule, run } of sqlConnectionCases) it(rule, () => run(open));
  });
}

/** The same for adapters that can stream COPY. */
export function describeCopySession(name: string, open: () => Promise<CopySession>): void {
  describe(`${name}: CopySession`, () => {
    for (const { name: rule, run } of copySessionCases) it(rule, () => run(open));
  });
}
