import { UserError, describeFailure } from './user-error.js';

describe('describeFailure', () => {
  it('tells what happened, why, and what to do, without a stack', () => {
    const error = new UserError('port 1 is taken', { why: 'someone listens', wayOut: ['PORT=2', 'or stop it'] });
    expect(describeFailure(error)).toBe(
      '✗ port 1 is taken\n  why:     someone listens\n  way out: PORT=2\n           or stop it',
    );
  });

  it('keeps the stack of what nobody foresaw', () => {
    expect(describeFailure(new Error('odd'))).toMatch(/unexpected failure\nError: odd\n\s+at /);
    expect(describeFailure('text')).toContain('text');
  });
});
