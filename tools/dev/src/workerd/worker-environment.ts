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
    MILLRACE_DEV: '1',
    ...settings.worker,
    MILLRACE_ALLOWED_ORIGINS: allowedOrigins(settings),
    DATABASE_URL: databaseUrl,
  };
}

/** What a person names comes beside the addresses under which we are reached, never instead of them. */
function allowedOrigins({ port, worker }: StartSettings): string {
  const own = [`http://localhost:${port}`, `http://127.0.0.1:${port}`];
  return [...own, worker['MILLRACE_ALLOWED_ORIGINS'] ?? []].flat().join(',');
}
