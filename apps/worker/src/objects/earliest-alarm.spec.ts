import { EarliestAlarm } from './earliest-alarm.js';

function fakeStorage() {
  let alarm: number | null = null;
  return {
    getAlarm: async () => alarm,
    setAlarm: async (at: number) => void (alarm = at),
    alarm: () => alarm,
    fire: () => (alarm = null),
  };
}

describe('EarliestAlarm', () => {
  it.each([
    [[10, 5], 5],
    [[5, 10], 5],
    [[7, 7, 30, 6], 6],
  ])('of %p asked at once, the earliest is set', async (times, earliest) => {
    const storage = fakeStorage();
    const alarm = new EarliestAlarm(storage);
    await Promise.all(times.map((at) => alarm.ask(at)));
    expect(storage.alarm()).toBe(earliest);
  });

  it('can be later after it has fired', async () => {
    const storage = fakeStorage();
    const alarm = new EarliestAlarm(storage);
    await alarm.ask(5);
    storage.fire();
    await alarm.ask(10);
    expect(storage.alarm()).toBe(10);
  });

  it('goes on after the storage has failed once', async () => {
    const storage = fakeStorage();
    let failures = 1;
    const alarm = new EarliestAlarm({
      ...storage,
      setAlarm: async (at) => {
        if (failures-- > 0) throw new Error('disk');
        await storage.setAlarm(at);
      },
    });
    await expect(alarm.ask(5)).rejects.toThrow('disk');
    await alarm.ask(6);
    expect(storage.alarm()).toBe(6);
  });
});
