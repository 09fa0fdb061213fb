import type { Secrets } from '../secrets.js';
import type { StartSettings } from '../settings.js';

/** The Worker's variables under `npm start`. What a person has set wins over what we made up. */
export function workerEnvironment(
  settings: StartSettings,
  secrets: Secrets,
  databaseUrl: string,
): Record<string, string> {
  return {
    MILLRACE_JWT_SECRET: secrets.jwtSecret,
    MILLRACE_ADMIN_TOKEN: secrets.adminToken,
    MILLRACE_ALLOWED_ORIGINS: ownOrigins(settings.port).join(','),
    MILLRACE_DEV: '1',
    ...settings.worker,
    DATABASE_URL: databaseUrl,
  };
}

function ownOrigins(port: number): string[] {
  return [`http://localhost:${port}`, `http://127.0.0.1:${port}`];
}
