import { describeOpening } from './describe-opening.js';

describe('describeOpening', () => {
  it('is silent while opening takes what it takes', () => {
    expect(describeOpening(0)).toBeNull();
    expect(describeOpening(4)).toBeNull();
  });

  it('then says that it goes on, and why it may take so long', () =>
    expect(describeOpening(5)).toBe(
      'For 5 seconds now. The first time takes longest: the browser makes a Postgres of its own. Nothing is lost by waiting.',
    ));

  it('and in the end what a person can do', () => {
    expect(describeOpening(29)).not.toContain('reload');
    expect(describeOpening(30)).toBe(
      'For 30 seconds now. If it gets no further, reload the page; if that does not help, close the browser and open it again. What you have written is kept.',
    );
  });
});
