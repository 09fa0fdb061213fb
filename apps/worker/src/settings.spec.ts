import type { Env } from './env.js';
import { readSettings } from './settings.js';

const enough = { DATABASE_URL: 'postgres://u:p@db/app', MILLRACE_JWT_SECRET: 's'.repeat(32) };

function settings(more: Readonly<Record<string, unknown>> = {}) {
  return readSettings({ ...enough, ...more } as unknown as Env);
}

describe('settings', () => {
  it('have defaults', () => {
    expect(settings()).toEqual({
      databaseUrl: enough.DATABASE_URL,
      jwtSecret: enough.MILLRACE_JWT_SECRET,
      jwksUrl: null,
      jwtIssuer: null,
      jwtAudience: null,
      adminToken: null,
      allowedOrigins: [],
      dev: false,
      logLevel: 'info',
      gateways: 4,
      slot: 'millrace',
      snapshotSecret: null,
      snapshots: {
        maxBytes: 2_147_483_648,
        maxAgeMs: 604_800_000,
        stalePercent: 10,
        staleMin: 1_000,
        staleMax: 50_000,
        readMs: 1_800_000,
      },
      sleep: { idleAfterMs: 60_000, maxSleepMs: 3_600_000, sessionIdleMs: 30_000 },
      reader: 'poll',
      decoder: 'pgoutput',
      driver: 'pg',
      neonProxy: null,
    });
  });

  it('are taken as given', () => {
    const given = {
      MILLRACE_JWT_SECRET: null,
      MILLRACE_JWKS_URL: 'https://id.example/jwks',
      MILLRACE_ALLOWED_ORIGINS: ' https://a.example, http://localhost:5173,, ',
      MILLRACE_DEV: '1',
      MILLRACE_GATEWAYS: '16',
      CAPTURE_READER: 'stream',
      CAPTURE_DECODER: 'wal2json',
      MILLRACE_DRIVER: 'neon',
      MILLRACE_NEON_PROXY: 'wss://proxy.example/v2',
    };
    expect(settings(given)).toMatchObject({
      jwtSecret: null,
      jwksUrl: 'https://id.example/jwks',
      allowedOrigins: ['https://a.example', 'http://localhost:5173'],
      dev: true,
      gateways: 16,
      reader: 'stream',
      decoder: 'wal2json',
      driver: 'neon',
      neonProxy: 'wss://proxy.example/v2',
    });
  });

  it.each([
    [undefined, 60_000, 30_000],
    ['2', 2_000, 1_000],
    ['0', 0, 30_000],
  ])(
    '[Z1] MILLRACE_IDLE_AFTER = %p: no session outlives what keeps us awake',
    (idleAfter, idleAfterMs, sessionIdleMs) => {
      const given = { MILLRACE_IDLE_AFTER: idleAfter, MILLRACE_MAX_SLEEP: '90' };
      expect(settings(given).sleep).toEqual({ idleAfterMs, maxSleepMs: 90_000, sessionIdleMs });
    },
  );

  it.each([null, '', undefined])('count as not set: %p', (value) => {
    const names = [
      'MILLRACE_JWKS_URL',
      'MILLRACE_ADMIN_TOKEN',
      'MILLRACE_GATEWAYS',
      'MILLRACE_LOG_LEVEL',
      'MILLRACE_SLOT',
      'CAPTURE_READER',
    ];
    expect(settings(Object.fromEntries(names.map((name) => [name, value])))).toEqual(settings());
  });

  it('are not bindings', () =>
    expect(settings({ MILLRACE_ADMIN_TOKEN: { fetch: () => undefined } }).adminToken).toBeNull());

  it.each([
    ['DATABASE_URL', null, 'connection string'],
    ['MILLRACE_JWT_SECRET', 'too short', '32 characters'],
    ['MILLRACE_JWT_SECRET', null, 'MILLRACE_JWKS_URL'],
    ['MILLRACE_JWKS_URL', 'id.example', 'absolute URL'],
    ['MILLRACE_ALLOWED_ORIGINS', 'https://a.example/', 'no slash'],
    ['MILLRACE_ALLOWED_ORIGINS', '*', 'origins'],
    ['MILLRACE_ADMIN_TOKEN', 'two words', 'spaces'],
    ['MILLRACE_LOG_LEVEL', 'verbose', 'debug, info, warn, error'],
    ['MILLRACE_GATEWAYS', '0', '1 to 64'],
    ['MILLRACE_GATEWAYS', '65', '1 to 64'],
    ['MILLRACE_GATEWAYS', '1e1', '1 to 64'],
    ['MILLRACE_SLOT', 'My-Slot', 'slot name'],
    ['MILLRACE_IDLE_AFTER', '1m', 'whole number'],
    ['MILLRACE_IDLE_AFTER', '-1', 'whole number'],
    ['MILLRACE_MAX_SLEEP', '0', 'at least 1'],
    ['MILLRACE_MAX_SLEEP', '172800', 'at most 86400'],
    ['CAPTURE_READER', 'push', 'auto, stream, poll'],
    ['CAPTURE_DECODER', 'test_decoding', 'auto, pgoutput, wal2json'],
    ['MILLRACE_DRIVER', 'mysql', 'pg, neon'],
    ['MILLRACE_NEON_PROXY', 'https://proxy.example', 'WebSocket'],
  ])('%s = %p is refused by name, with what it should be', (name, value, hint) => {
    const error = thrownBy(() => settings({ [name]: value }));
    expect(error).toMatchObject({
      code: 'database-misconfigured',
      message: expect.stringContaining(`setting ${name}`),
    });
    expect(error).toMatchObject({ message: expect.stringContaining(hint) });
  });

  it('are never shown: a wrong one may be a secret', () => {
    expect(thrownBy(() => settings({ MILLRACE_JWT_SECRET: 'hunter2' }))).not.toMatchObject({
      message: expect.stringContaining('hunter2'),
    });
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
