import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The one Postgres of a run of all tests. It ends by itself when this process does, in whatever way. */
export interface SharedTestPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

/** @throws Error if it does not start; its own words are on standard error */
export async function startSharedTestPostgres(
  root: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<SharedTestPostgres> {
  const serve = join(root, 'libs', 'testing', 'postgres', 'src', 'serve.ts');
  const child = spawn(process.execPath, ['--conditions=@millrace/source', '--import', 'tsx', serve], {
    cwd: root,
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const url = await Promise.race([
    once(lines, 'line').then(([line]) => String(line)),
    exited.then(([code]) => {
      throw new Error(`the test Postgres ended with exit code ${String(code)}`);
    }),
  ]);
  return {
    url,
    stop: async () => {
      child.stdin.end();
      await exited;
    },
  };
}
