import type { Bench } from './core/bench.js';
import { readSettings } from './settings.js';

const bench = (id: string): Bench => ({
  id,
  title: `about ${id}`,
  run: async function* () {},
});
const catalogue = { always: [bench('p1'), bench('p2')], onRequest: [bench('zero')] };
const read = (...argv: string[]) => readSettings(argv, catalogue);

it('runs all but those on request', () => {
  expect(read()).toMatchObject({ benches: [{ id: 'p1' }, { id: 'p2' }], json: false, quick: false, rows: null });
});

it('runs the chosen ones in the order of the table', () => {
  expect(read('zero', 'P2').benches.map(({ id }) => id)).toEqual(['p2', 'zero']);
});

it('takes its options', () => {
  expect(read('--json', '--quick', '--rows', '10,20', '--html', 'r.html', 'p1')).toEqual({
    benches: [expect.objectContaining({ id: 'p1' })],
    json: true,
    quick: true,
    rows: [10, 20],
    html: 'r.html',
    profile: null,
  });
});

describe('names what it does not understand', () => {
  let said = '';
  beforeEach(() => {
    said = '';
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
    jest.spyOn(process, 'exit').mockImplementation(() => {
      throw new Error('the process ends');
    });
  });
  afterEach(() => jest.restoreAllMocks());

  it.each([
    ['a bench', ['p9'], 'there is no bench p9: p1 p2 zero'],
    ['a count', ['--rows', '10,x'], 'whole numbers'],
    ['an option', ['--jsn'], '--json'],
  ])('%s', (_what, argv, words) => {
    expect(() => read(...argv)).toThrow('the process ends');
    expect(said).toContain(words);
  });
});
