import { PGlite } from '@electric-sql/pglite';
import { parseLsn } from '@millrace/kernel';
import { sha256 } from '@noble/hashes/sha2.js';
import { SignJWT } from 'jose';
import { Column, getMetadataArgsStorage } from 'typeorm';
import { validate } from 'uuid';

describe('the Jest preset', () => {
  it('gives import.meta its meaning in CommonJS', () => {
    expect(import.meta.url).toMatch(/^file:.*\/preset\.spec\.ts$/);
    expect(import.meta.filename).toBe(__filename);
    expect(import.meta.dirname).toBe(__dirname);
  });

  it('runs packages that are published as ES modules only', () => {
    expect(sha256(new Uint8Array())).toHaveLength(32);
    expect(validate('not a uuid')).toBe(false);
    expect(SignJWT).toBeInstanceOf(Function);
  });

  it('runs PGlite, which uses import()', async () => {
    const database = new PGlite();
    const { rows } = await database.query('select 1 as one');
    await database.close();
    expect(rows).toEqual([{ one: 1 }]);
  });

  it('compiles decorators as TypeORM needs them, and leaves undeclared fields off', () => {
    class Sample {
      @Column({ type: 'text' })
      name!: string;
    }
    expect(getMetadataArgsStorage().filterColumns(Sample)).toHaveLength(1);
    expect(Object.keys(new Sample())).toEqual([]);
  });

  it('resolves a workspace library from its sources', () => {
    expect(parseLsn('0/10')).toBe(16n);
  });
});
