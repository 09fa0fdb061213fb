import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const serve = fileURLToPath(new URL('../src/serve.ts', import.meta.url));
const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** One Postgres per run of Jest, for projects that have specs which need one. `npm test` brings its own for all. */
export default async function globalSetup(_globalConfig, projectConfig) {
  if (process.env.MILLRACE_TEST_POSTGRES_URL || !needsPostgres(projectConfig.rootDir)) return;
  const server = spawn(process.execPath, ['--conditions=@millrace/source', '--import', 'tsx', serve], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  process.env.MILLRACE_TEST_POSTGRES_URL = await firstLine(server);
  server.unref();
  globalThis.millraceTestPostgres = server;
}

/** Specs of the harness, and all that use it, need one whatever they are called. */
function needsPostgres(rootDir) {
  const { dependencies = {} } = JSON.parse(readFileSync(join(rootDir, 'package.json'), 'utf8'));
  const usesHarness = '@millrace/testing-harness' in dependencies;
  return (
    usesHarness || readdirSync(join(rootDir, 'src'), { recursive: true }).some((file) => file.endsWith('.pg.spec.ts'))
  );
}

async function firstLine(server) {
  const lines = createInterface({ input: server.stdout });
  const [line] = await Promise.race([
    once(lines, 'line'),
    once(server, 'exit').then(([code]) => {
      throw new Error(`the test Postgres ended with exit code ${code}; its words are above`);
    }),
  ]);
  lines.close();
  return line;
}
