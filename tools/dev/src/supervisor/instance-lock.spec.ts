import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { takeInstanceLock } from './instance-lock.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

describe('the lock of a data directory', () => {
  it('is had by one at a time', () => {
    const file = join(folder.path, 'lock.db');
    const first = takeInstanceLock(file);
    expect(first).not.toBeNull();
    expect(takeInstanceLock(file)).toBeNull();
    first?.release();
    const second = takeInstanceLock(file);
    expect(second).not.toBeNull();
    second?.release();
  });

  it('is free as soon as its holder is killed', async () => {
    const file = join(folder.path, 'killed.db');
    const holder = spawn(
      process.execPath,
      [
        '-e',
        `const { DatabaseSync } = require('node:sqlite');
         globalThis.held = new DatabaseSync(process.argv[1]);
         held.exec('begin exclusive');
         console.log('held');
         setInterval(() => {}, 1000);`,
        file,
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    await once(holder.stdout, 'data');
    expect(takeInstanceLock(file)).toBeNull();
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const lock = takeInstanceLock(file);
    expect(lock).not.toBeNull();
    lock?.release();
  });
});
