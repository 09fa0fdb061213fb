import type { CopySession, SqlSession } from '@millrace/kernel';
import { copySessionCases, sqlConnectionCases, type ConformanceCase } from './sql-connection-cases.js';

/** Jest's globals: looked up late, because this library is also loaded where there is no Jest. */
interface TestGlobals {
  describe(name: string, declare: () => void): void;
  it(name: string, run: () => Promise<void>): void;
}

/** Declares the tests that every adapter of the SQL port passes. `open` opens a fresh session on one database of the test's own. */
export function describeSqlConnection(name: string, open: () => Promise<SqlSession>): void {
  declareCases(`${name}: SqlConnection`, sqlConnectionCases, open);
}

/** The same for adapters that can stream COPY. */
export function describeCopySession(name: string, open: () => Promise<CopySession>): void {
  declareCases(`${name}: CopySession`, copySessionCases, open);
}

function declareCases<T>(title: string, cases: readonly ConformanceCase<T>[], open: () => Promise<T>): void {
  const { describe, it } = globalThis as unknown as TestGlobals;
  describe(title, () => {
    for (const { name, run } of cases) it(name, () => run(open));
  });
}
