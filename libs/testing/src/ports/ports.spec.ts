import { isUuid } from '@millrace/kernel';
import { manualClock } from './manual-clock.js';
import { recordingLogger } from './recording-logger.js';
import { seededRandom } from './seeded-random.js';

describe('seededRandom', () => {
  it('repeats a seed exactly, and forks do not disturb it', () => {
    const draw = (seed: number) => {
      const random = seededRandom(seed);
      const fork = random.fork();
      return [fork.next(), random.next(), random.int(10), random.uuid(), random.pick(['a', 'b', 'c'])];
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('spreads evenly and makes canonical uuids', () => {
    const random = seededRandom(1);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 4_000; i++) counts[random.int(4)] = (counts[random.int(4)] ?? 0) + 1;
    for (const count of counts) expect(count).toBeGreaterThan(800);
    for (let i = 0; i < 100; i++) expect(isUuid(random.uuid())).toBe(true);
    expect(() => random.pick([])).toThrow(RangeError);
  });
});

describe('manualClock', () => {
  it('runs what falls due in order of time, tasks of tasks included', () => {
    const clock = manualClock(1_000);
    const ran: string[] = [];
    clock.after(20, () => ran.push(`b${clock.now()}`));
    clock.after(10, () => {
      ran.push(`a${clock.now()}`);
      clock.after(5, () => ran.push(`c${clock.now()}`));
    });
    const cancel = clock.after(12, () => ran.push('cancelled'));
    cancel();
    expect(clock.nextAt()).toBe(1_010);
    clock.advance(30);
    expect(ran).toEqual(['a1010', 'c1015', 'b1020']);
    expect(clock.now()).toBe(1_030);
    expect(clock.nextAt()).toBeNull();
  });

  it('ends a sleep at its time, or at once when it is aborted', async () => {
    const clock = manualClock(0);
    const slept = clock.sleep(10);
    clock.advance(10);
    await slept;
    const controller = new AbortController();
    const aborted = clock.sleep(10, controller.signal);
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    await expect(clock.sleep(10, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
    expect(clock.nextAt()).toBeNull();
  });
});

describe('recordingLogger', () => {
  it('keeps lines of children with the fields of both', () => {
    const logger = recordingLogger();
    logger.child({ slot: 'a' }).child({ part: 1 }).warn('late', { ms: 5 });
    logger.info('fine');
    expect(logger.records).toEqual([
      { level: 'warn', message: 'late', fields: { slot: 'a', part: 1, ms: 5 } },
      { level: 'info', message: 'fine', fields: {} },
    ]);
    expect(logger.messages('warn')).toEqual(['late']);
  });
});
