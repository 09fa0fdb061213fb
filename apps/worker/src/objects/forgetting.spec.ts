import { CLIENT_TTL_MS, whenIdle } from './forgetting.js';

const NOW = Date.UTC(2026, 0, 1);

describe('whenIdle', () => {
  it('begins to count when nobody is connected', () =>
    expect(whenIdle(null, NOW)).toEqual({ kind: 'wait', idleSince: NOW, at: NOW + CLIENT_TTL_MS }));

  it('goes on counting from when it began', () =>
    expect(whenIdle(NOW, NOW + 5)).toEqual({ kind: 'wait', idleSince: NOW, at: NOW + CLIENT_TTL_MS }));

  it('forgets after the whole time', () => {
    expect(whenIdle(NOW, NOW + CLIENT_TTL_MS - 1).kind).toBe('wait');
    expect(whenIdle(NOW, NOW + CLIENT_TTL_MS)).toEqual({ kind: 'forget' });
  });
});
