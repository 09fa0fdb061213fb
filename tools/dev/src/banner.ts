import type { DemoUser } from '@millrace/migrations-server';

/** What a person wants to know once everything runs. */
export interface BannerFacts {
  readonly url: string;
  readonly adminToken: string;
  readonly databaseUrl: string;
  readonly workerdPid: number;
  readonly workerdPidFile: string;
  readonly logs: string;
  readonly demoUsers: readonly DemoUser[];
}

const SHOWN_USERS = 6;

export function banner(facts: BannerFacts): string {
  const rows: [string, string][] = [
    ['demo', `${facts.url}/`],
    ['dashboard', `${facts.url}/admin#token=${facts.adminToken}`],
    ['DATABASE_URL', facts.databaseUrl],
    ['workerd', `pid ${facts.workerdPid} (also in ${facts.workerdPidFile})`],
    ['logs', facts.logs],
    ...userRows(facts.demoUsers),
    ['SQL', 'npm run psql'],
    ['stop', 'Ctrl-C'],
  ];
  return ['', 'Millrace is running.', ...rows.map(([name, value]) => `  ${name.padEnd(13)} ${value}`), ''].join('\n');
}

function userRows(users: readonly DemoUser[]): [string, string][] {
  const shown = users
    .slice(0, SHOWN_USERS)
    .map(({ email, role }, index): [string, string] => [index === 0 ? 'sign in as' : '', `${email} (${role})`]);
  const more = users.length - shown.length;
  return more > 0 ? [...shown, ['', `and ${more} more`]] : shown;
}
