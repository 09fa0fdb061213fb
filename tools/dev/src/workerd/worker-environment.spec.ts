import { readSettings } from '../settings.js';
import { workerEnvironment } from './worker-environment.js';

const secrets = { jwtSecret: 's'.repeat(32), adminToken: 'a' };

describe('workerEnvironment', () => {
  it('lets further origins connect, and this one still', () => {
    const settings = readSettings([], { PORT: '9000', MILLRACE_ALLOWED_ORIGINS: 'https://app.example' });
    expect(workerEnvironment(settings, secrets, 'postgres://h/d')).toMatchObject({
      MILLRACE_ALLOWED_ORIGINS: 'http://localhost:9000,http://127.0.0.1:9000,https://app.example',
    });
  });

  it('takes what a person has set rather than what was made up', () => {
    const settings = readSettings([], { MILLRACE_JWT_SECRET: 'theirs' });
    expect(workerEnvironment(settings, secrets, 'postgres://h/d')).toMatchObject({ MILLRACE_JWT_SECRET: 'theirs' });
  });
});
