import type { ConformanceCase } from './sql-connection-cases.js';

/** Jest's globals: looked up late, because this library is also loaded where there is no Jest. */
interface TestGlobals {
  describe(name: string, declare: () => void): void;
  it(name: string, run: () => Promise<void>): void;
}

/** The cases of a port as tests of one adapter. */
export function declareCases<T>(title: string, cases: readonly ConformanceCase<T>[], open: () => Promise<T>): void {
  const { describe, it } = globalThis as unknown as TestGlobals;
  describe(title, () => {
    for (const { name, run } of cases) it(name, () => run(open));
  });
}
