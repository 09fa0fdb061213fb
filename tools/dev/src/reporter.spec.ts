import { createReporter } from './reporter.js';

function recorded(): { reporter: ReturnType<typeof createReporter>; lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    reporter: createReporter(
      (text) => lines.push(text),
      () => 0,
    ),
  };
}

const failing = () => Promise.reject(new Error('the session has ended'));

describe('a reporter', () => {
  it('marks a step that failed', async () => {
    const { reporter, lines } = recorded();
    await expect(reporter.step('engine migrations', failing)).rejects.toThrow('the session has ended');
    expect(lines).toEqual(['✗ engine migrations  (0.00 s)\n']);
  });

  it('does not call a step failed that a stop has cut short', async () => {
    const { reporter, lines } = recorded();
    reporter.stopping();
    await expect(reporter.step('engine migrations', failing)).rejects.toThrow('the session has ended');
    expect(lines).toEqual(['– engine migrations: cut short  (0.00 s)\n']);
  });
});
