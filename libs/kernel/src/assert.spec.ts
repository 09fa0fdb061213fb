import { assert, must, unreachable } from './assert.js';

const failure = (message: string) => expect.objectContaining({ name: 'SyncError', code: 'assertion-failed', message });

describe('assertions', () => {
  it('let pass what holds, and build no message for it', () => {
    const message = jest.fn(() => 'unused');
    assert(1, message);
    expect(must(0, message)).toBe(0);
    expect(must('', message)).toBe('');
    expect(message).not.toHaveBeenCalled();
  });

  it.each([[0], [''], [null], [false]])('stop on %j', (value) => {
    expect(() => assert(value, 'no')).toThrow(failure('no'));
    expect(() => assert(value, () => 'late no')).toThrow(failure('late no'));
  });

  it.each([[null], [undefined]])('miss %j', (value) => expect(() => must(value, 'gone')).toThrow(failure('gone')));

  it('name the branch that could not be', () => {
    expect(() => unreachable({ op: 'new' } as never)).toThrow(failure('unreachable: {"op":"new"}'));
  });
});
