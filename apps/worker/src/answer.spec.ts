import { SqlError, SyncError } from '@millrace/kernel';
import { recordingLogger } from '@millrace/testing';
import { answer, unwrap } from './answer.js';

async function failure(error: unknown): Promise<unknown> {
  const result = await answer(recordingLogger(), () => Promise.reject(error));
  // What crosses RPC is a clone.
  return Promise.resolve(structuredClone(result))
    .then(unwrap)
    .catch((thrown: unknown) => thrown);
}

describe('answers between objects', () => {
  it('carry values', async () =>
    expect(unwrap(await answer(recordingLogger(), async () => ({ seq: 7n })))).toEqual({ seq: 7n }));

  it('carry an error with its code, so that the caller knows whether to come again', async () => {
    expect(await failure(new SyncError('too-many-requests', 'wait'))).toMatchObject({
      code: 'too-many-requests',
      message: 'wait',
      retry: 'backoff',
    });
  });

  it('say nothing of what nobody expected, which is logged (X25)', async () => {
    expect(await failure(new SqlError('select secret', { code: '42601' }))).toMatchObject({
      code: 'internal',
      message: 'unexpected failure',
    });
    const log = recordingLogger();
    await answer(log, () => Promise.reject(new Error('select secret')));
    expect(log.messages('error')).toHaveLength(1);
  });

  it('with a code of a newer version are internal', () => {
    expect(() => unwrap({ ok: false, code: 'from-the-future', message: 'm' })).toThrow(
      expect.objectContaining({ code: 'internal' }),
    );
  });
});
