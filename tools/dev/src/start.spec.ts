import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findWorkspaceRoot } from '@millrace/processes';
import { dataDirAt } from './data-dir.js';
import { temporaryFolder } from './fixtures/temporary-folder.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

function start(env: Readonly<Record<string, string>>): { code: number | null; told: string; dataDir: string } {
  const dataDir = join(folder.path, Object.keys(env).join());
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@millrace/source', '--import', 'tsx', 'tools/dev/src/start.ts'],
    { cwd: findWorkspaceRoot(), env: { ...process.env, MILLRACE_DATA_DIR: dataDir, ...env }, encoding: 'utf8' },
  );
  return { code: status, told: `${stdout}${stderr}`, dataDir };
}

describe('npm start', () => {
  it.each([
    [{ MILLRACE_JWT_SECRET: 'short' }, "MILLRACE_JWT_SECRET can't be used"],
    [{ CAPTURE_READER: 'push' }, 'it must be one of auto, stream, poll'],
    [{ DATABASE_URL: 'postgres://o:p/w@h/d' }, 'percent-encode'],
  ])('refuses %p before Postgres, builds and the sync server are started', (env, expected) => {
    const { code, told, dataDir } = start(env);
    expect(told).toContain(expected);
    expect(told).not.toContain('unexpected failure');
    expect(told).not.toContain('p/w');
    expect(code).toBe(1);
    expect(existsSync(dataDirAt(dataDir).postgres)).toBe(false);
    expect(existsSync(dataDirAt(dataDir).workerBundle)).toBe(false);
  });
});
