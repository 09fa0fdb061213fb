import { createTimeoutCounter } from './timeout-counter.js';

describe('counting statement time-outs [W4]', () => {
  it('counts each mutation by itself, until it has its verdict', () => {
    const counter = createTimeoutCounter();
    expect([counter.add('a'), counter.add('a'), counter.add('b')]).toEqual([1, 2, 1]);
    counter.forget('a');
    expect([counter.add('a'), counter.add('b')]).toEqual([1, 2]);
  });

  it('is bounded: the one counted longest ago is forgotten (I11)', () => {
    const counter = createTimeoutCounter(2);
    counter.add('a');
    counter.add('b');
    counter.add('a');
    counter.add('c');
    expect([counter.add('a'), counter.add('b')]).toEqual([3, 1]);
  });
});
