import { existsSync, readFileSync } from 'node:fs';
import { writeFileAtomic } from './write-file-atomic.js';

/** Made once per data directory, so that tokens and dashboard links survive a restart. */
export interface Secrets {
  readonly jwtSecret: string;
  readonly adminToken: string;
}

/**
 * The secrets in force: what a person has set, else what is kept in `file`, which is made on the first start.
 * @param newSecret a fresh secret of at least 32 characters
 */
export function loadSecrets(file: string, given: Readonly<Record<string, string>>, newSecret: () => string): Secrets {
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Secrets) : makeSecrets(file, newSecret);
  return {
    jwtSecret: given['MILLRACE_JWT_SECRET'] ?? kept.jwtSecret,
    adminToken: given['MILLRACE_ADMIN_TOKEN'] ?? kept.adminToken,
  };
}

function makeSecrets(file: string, newSecret: () => string): Secrets {
  const secrets: Secrets = { jwtSecret: newSecret(), adminToken: newSecret() };
  writeFileAtomic(file, JSON.stringify(secrets, null, 2));
  return secrets;
}
