import { ERROR_CATALOGUE, SyncError, type ErrorCode } from '@millrace/kernel';
import { errorOfProblem, problemOf } from './problem.js';

describe('application/problem+json', () => {
  it.each(Object.keys(ERROR_CATALOGUE) as ErrorCode[])('%s goes there and back', (code) => {
    const error = new SyncError(code, 'what happened');
    const problem = problemOf(error);
    expect(errorOfProblem(problem.status, JSON.parse(JSON.stringify(problem)))).toMatchObject({
      code,
      message: 'what happened',
    });
  });

  it('says nothing of the cause (I8)', () => {
    const error = new SyncError('internal', 'failed', { cause: new Error('SECRET') });
    expect(JSON.stringify(problemOf(error))).not.toContain('SECRET');
  });

  it.each([
    [401, 'unauthenticated'],
    [403, 'forbidden'],
    [404, 'not-found'],
    [408, 'timeout'],
    [413, 'limit-exceeded'],
    [429, 'too-many-requests'],
    [500, 'internal'],
    [502, 'internal'],
    [418, 'invalid-message'],
  ])("a body of somebody else's: status %d is %s", (status, code) => {
    for (const body of [undefined, null, '<html>', {}, { type: 't', title: 't', status, code: 'of-the-future' }]) {
      expect(errorOfProblem(status, body).code).toBe(code);
    }
  });
});
