import { checkWorkerSettings } from './check-worker-settings.js';

const enough = { DATABASE_URL: 'postgres://u:p@h/d', MILLRACE_JWT_SECRET: 's'.repeat(32) };

describe('checkWorkerSettings', () => {
  it('accepts what the Worker accepts', async () => {
    await expect(checkWorkerSettings({ ...enough, CAPTURE_READER: 'stream' })).resolves.toBeUndefined();
  });

  it.each([
    ['MILLRACE_JWT_SECRET', 'hunter2', 'it must have at least 32 characters'],
    ['MILLRACE_JWKS_URL', 'id.example', 'it must be an absolute URL'],
    ['MILLRACE_GATEWAYS', '0', 'it must be a whole number from 1 to 64'],
    ['MILLRACE_ALLOWED_ORIGINS', 'https://a.example/', 'it must be origins'],
    ['CAPTURE_READER', 'push', 'it must be one of auto, stream, poll'],
    ['MILLRACE_SNAPSHOT_BYTES', 'much', 'it must be a whole number'],
  ])('refuses %s=%s as the Worker does, without showing it', async (name, value, why) => {
    const error: unknown = await checkWorkerSettings({ ...enough, [name]: value }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      message: `${name} can't be used`,
      why: expect.stringContaining(why),
      wayOut: expect.arrayContaining([expect.stringContaining('npm start -- --help')]),
    });
    if (name === 'MILLRACE_JWT_SECRET') expect(JSON.stringify(error)).not.toContain(value);
  });
});
