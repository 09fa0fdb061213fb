import { systemClock } from './clock.js';

describe('systemClock', () => {
  it('a sleep ends with its signal at once, before or while it sleeps', async () => {
    const control = new AbortController();
    const sleeping = systemClock.sleep(1e9, control.signal);
    control.abort();
    await expect(sleeping).rejects.toMatchObject({ name: 'AbortError' });
    await expect(systemClock.sleep(1e9, control.signal)).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('a task runs once, unless cancelled', async () => {
    const ran: string[] = [];
    systemClock.after(0, () => ran.push('cancelled'))();
    await new Promise<void>((resolve) => systemClock.after(1, () => resolve(void ran.push('kept'))));
    expect(ran).toEqual(['kept']);
  });
});
