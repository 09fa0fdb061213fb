import { SqlError, SyncError } from '@millrace/kernel';
import { recordingLogger } from '@millrace/testing';
import { knownError, publicError } from './public-error.js';

describe('publicError (X25)', () => {
  it('passes on what a client can act on', () => {
    const error = new SyncError('limit-exceeded', 'the body is larger than 1024 bytes');
    expect(publicError(error, recordingLogger())).toBe(error);
  });

  it.each(['database-unavailable', 'database-misconfigured', 'slot-busy', 'assertion-failed'] as const)(
    'keeps the words of %s, and its code',
    (code) => {
      const log = recordingLogger();
      const error = publicError(new SyncError(code, 'connect ECONNREFUSED db.internal:5432'), log);
      expect(error).toMatchObject({ code, message: expect.not.stringContaining('db.internal') });
      expect(JSON.stringify(log.records)).toContain('db.internal');
    },
  );

  it.each([
    new SqlError('relation "secrets" does not exist', { code: '42P01' }),
    new TypeError('x is undefined'),
    'thrown text',
    null,
  ])('says nothing of %p', (thrown) => {
    const log = recordingLogger();
    expect(publicError(thrown, log)).toMatchObject({
      code: 'internal',
      message: 'unexpected failure; the server log has the details',
    });
    expect(log.records).toHaveLength(1);
  });

  it('an operator is told all of a known error', () => {
    const error = new SyncError('slot-busy', 'slot millrace is read by pid 7');
    expect(knownError(error, recordingLogger())).toBe(error);
  });
});
