import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findWorkspaceRoot } from '@millrace/processes';
import { WORKER_VARIABLES, readDataDir, readSettings } from './settings.js';

describe('readSettings', () => {
  it('has defaults', () => {
    expect(readSettings([], {})).toEqual({
      port: 8787,
      dataDir: resolve('.millrace'),
      databaseUrl: null,
      postgresPort: null,
      demo: false,
      worker: { CAPTURE_READER: 'stream' },
    });
  });

  it('reads variables, and a flag wins over one', () => {
    const env = {
      PORT: '9000',
      MILLRACE_DATA_DIR: '/data',
      DATABASE_URL: 'postgres://h/d',
      MILLRACE_POSTGRES_PORT: '5555',
    };
    expect(readSettings(['--port', '9001', '--demo'], env)).toMatchObject({
      port: 9001,
      dataDir: '/data',
      databaseUrl: 'postgres://h/d',
      postgresPort: 5555,
      demo: true,
    });
  });

  it('takes a variable set to nothing for unset', () => {
    expect(readSettings([], { PORT: '', DATABASE_URL: ' ', CAPTURE_READER: '' })).toMatchObject({
      port: 8787,
      databaseUrl: null,
      worker: { CAPTURE_READER: 'stream' },
    });
  });

  it('hands on what is for the Worker, and nothing else', () => {
    const env = {
      MILLRACE_JWKS_URL: 'https://id.example/keys',
      CAPTURE_READER: 'poll',
      HOME: '/root',
      AWS_SECRET: 'x',
    };
    expect(readSettings([], env).worker).toEqual({
      MILLRACE_JWKS_URL: 'https://id.example/keys',
      CAPTURE_READER: 'poll',
    });
  });

  it('offers every variable that the Worker reads, and none that it does not', () => {
    const source = readFileSync(join(findWorkspaceRoot(), 'apps/worker/src/settings.ts'), 'utf8');
    const read = [...source.matchAll(/^ {2}((?:MILLRACE|CAPTURE)_\w+): /gm)].map(([, name]) => name);
    // `npm start` itself sets this one.
    expect([...WORKER_VARIABLES, 'MILLRACE_DEV'].sort()).toEqual(read.sort());
  });

  it.each(['0', '65536', '80a', '-1', '8787.5'])('refuses %p as a port, naming the variable', (PORT) => {
    expect(() => readSettings([], { PORT })).toThrow(`PORT is "${PORT}"`);
  });

  it('finds the data directory by the same rule for other commands', () => {
    expect(readDataDir({})).toBe(readSettings([], {}).dataDir);
    expect(readDataDir({ MILLRACE_DATA_DIR: 'x' })).toBe(resolve('x'));
  });
});
