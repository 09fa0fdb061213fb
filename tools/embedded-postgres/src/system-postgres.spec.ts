import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findSystemPostgres } from './system-postgres.js';

const homes = mkdtempSync(join(tmpdir(), 'millrace-system-postgres-'));
afterAll(() => rmSync(homes, { recursive: true, force: true }));

function install(version: string, ...files: readonly string[]): void {
  for (const file of files) {
    const path = join(homes, version, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
  }
}

describe('findSystemPostgres', () => {
  it('finds nothing where nothing is', () => {
    expect(findSystemPostgres('wal2json', join(homes, 'nowhere'))).toBeNull();
    expect(findSystemPostgres('wal2json', homes)).toBeNull();
  });

  it('takes the newest one that has server and plug-in', () => {
    install('9', 'bin/initdb', 'bin/postgres', 'lib/wal2json.so');
    install('15', 'bin/initdb', 'bin/postgres', 'lib/wal2json.so');
    install('16', 'bin/psql', 'lib/wal2json.so');
    install('17', 'bin/initdb', 'bin/postgres');
    expect(findSystemPostgres('wal2json', homes)).toEqual({
      home: join(homes, '15'),
      version: '15',
      initdb: join(homes, '15', 'bin', 'initdb'),
      postgres: join(homes, '15', 'bin', 'postgres'),
    });
  });
});
