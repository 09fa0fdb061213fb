import { resolve } from 'node:path';
import { Command } from 'commander';
import { UserError } from '@millrace/processes';

/** Settings of `npm start`, decoded. */
export interface StartSettings {
  readonly port: number;
  /** Absolute. */
  readonly dataDir: string;
  /** Null: the embedded Postgres. */
  readonly databaseUrl: string | null;
  /** Null: the port of the last run, else any free one. */
  readonly postgresPort: number | null;
  /** Make the demo's tables and tenant in the Postgres of `databaseUrl`. */
  readonly demo: boolean;
  /** Variables that are handed to the Worker as they are. */
  readonly worker: Readonly<Record<string, string>>;
}

interface Setting {
  readonly variable: string;
  readonly flag: string | null;
  readonly fallback: string | null;
  readonly description: string;
}

/** Each setting once: by what variable or flag it is given, what holds without it, and what it does. */
const SETTINGS = {
  port: {
    variable: 'PORT',
    flag: '--port <number>',
    fallback: '8787',
    description: 'where the demo, the dashboard and the API are served',
  },
  dataDir: {
    variable: 'MILLRACE_DATA_DIR',
    flag: '--data-dir <folder>',
    fallback: '.millrace',
    description: 'everything that is kept: database, objects, builds, logs',
  },
  databaseUrl: {
    variable: 'DATABASE_URL',
    flag: '--database-url <url>',
    fallback: null,
    description: 'your Postgres (>= 15, wal_level=logical); without it an embedded one is run',
  },
  postgresPort: {
    variable: 'MILLRACE_POSTGRES_PORT',
    flag: '--postgres-port <number>',
    fallback: null,
    description: 'port of the embedded Postgres',
  },
} as const satisfies Record<string, Setting>;

const WORKER_SETTINGS: readonly Setting[] = [
  forWorker('MILLRACE_JWT_SECRET', 'HS256 secret of tokens; made once and kept in the data directory'),
  forWorker('MILLRACE_JWKS_URL', 'key set that verifies your own tokens instead'),
  forWorker('MILLRACE_JWT_ISSUER', 'required `iss` of a token'),
  forWorker('MILLRACE_JWT_AUDIENCE', 'required `aud` of a token'),
  forWorker('MILLRACE_ADMIN_TOKEN', 'token of the dashboard; made once and kept in the data directory'),
  forWorker('MILLRACE_ALLOWED_ORIGINS', 'further origins that may connect, separated by commas'),
  forWorker('MILLRACE_GATEWAYS', 'number of connection pairs for writes and pages'),
  forWorker('MILLRACE_IDLE_AFTER', 'seconds without a client until Postgres is left alone; 60, 0: never'),
  forWorker('MILLRACE_MAX_SLEEP', 'seconds after which it is looked at all the same; 3600'),
  forWorker('MILLRACE_SNAPSHOT_BYTES', 'bytes that stored snapshots may take; 2 GiB'),
  forWorker('MILLRACE_SNAPSHOT_READ', 'seconds that reading one table for a snapshot may take, while it gets on; 1800'),
  forWorker('MILLRACE_SNAPSHOT_AGE', 'seconds after which a snapshot that nobody asked for is removed; 7 days'),
  forWorker('MILLRACE_SNAPSHOT_SECRET', 'secret of the names of stored snapshots; made from that of tokens'),
  forWorker(
    'MILLRACE_SNAPSHOT_STALE_PERCENT',
    'share of a table’s rows that may have changed before it is read anew; 10',
  ),
  forWorker('MILLRACE_SNAPSHOT_STALE_MIN', 'no fewer changes than these make it so; 1000'),
  forWorker('MILLRACE_SNAPSHOT_STALE_MAX', 'more changes than these always make it so; 50000'),
  forWorker('MILLRACE_SLOT', 'name of replication slot and publication, unique on the server; millrace'),
  forWorker('MILLRACE_LOG_LEVEL', 'debug, info, warn or error'),
  {
    variable: 'CAPTURE_READER',
    flag: null,
    fallback: 'stream',
    description: 'stream (about 4 ms) or poll (each second)',
  },
  forWorker('CAPTURE_DECODER', 'auto, pgoutput or wal2json (the server needs that plug-in)'),
  forWorker('MILLRACE_DRIVER', 'pg, or neon: SQL over a WebSocket'),
  forWorker('MILLRACE_NEON_PROXY', 'WebSocket proxy of the driver neon, where the server is not one of Neon'),
];

/** Names of the variables that are handed to the Worker. */
export const WORKER_VARIABLES: readonly string[] = WORKER_SETTINGS.map(({ variable }) => variable);

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Decodes the words and variables of `npm start`; a flag wins over a variable. `--help` prints and ends the process.
 * @throws UserError naming the setting that is wrong
 */
export function readSettings(words: readonly string[], env: Environment): StartSettings {
  const flags = startCommand().parse(words, { from: 'user' }).opts<Record<string, string | boolean | undefined>>();
  const given = (key: keyof typeof SETTINGS): string | null => {
    const setting: Setting = SETTINGS[key];
    const flag = flags[key];
    return (typeof flag === 'string' ? flag : undefined) ?? valueOf(env, setting);
  };
  return {
    port: decodePort(SETTINGS.port, given('port')) ?? 0,
    dataDir: resolve(given('dataDir') ?? SETTINGS.dataDir.fallback),
    databaseUrl: given('databaseUrl'),
    postgresPort: decodePort(SETTINGS.postgresPort, given('postgresPort')),
    demo: flags['demo'] === true,
    worker: Object.fromEntries(
      WORKER_SETTINGS.flatMap((setting) => {
        const value = valueOf(env, setting);
        return value === null ? [] : [[setting.variable, value]];
      }),
    ),
  };
}

/** The data directory alone, for commands that only look into it. */
export function readDataDir(env: Environment): string {
  return resolve(valueOf(env, SETTINGS.dataDir) ?? SETTINGS.dataDir.fallback);
}

function startCommand(): Command {
  const command = new Command('npm start --')
    .description('Runs Millrace on this machine: Postgres, the sync server, the demo and the dashboard.')
    .option('--demo', 'make the demo tables and a demo tenant in the Postgres of DATABASE_URL', false);
  for (const setting of Object.values(SETTINGS)) {
    const fallback = setting.fallback === null ? '' : `, default: ${setting.fallback}`;
    command.option(setting.flag, `${setting.description} (variable: ${setting.variable}${fallback})`);
  }
  return command.addHelpText('after', `\nVariables for the sync server:\n${WORKER_SETTINGS.map(helpLine).join('\n')}`);
}

function helpLine({ variable, description, fallback }: Setting): string {
  return `  ${variable.padEnd(33)} ${description}${fallback === null ? '' : ` (default: ${fallback})`}`;
}

/** A variable that is set to nothing counts as unset: that is how shells and CI systems clear one. */
function valueOf(env: Environment, { variable, fallback }: Setting): string | null {
  const value = env[variable];
  return value === undefined || value.trim() === '' ? fallback : value;
}

function forWorker(variable: string, description: string): Setting {
  return { variable, flag: null, fallback: null, description };
}

function decodePort({ variable }: Setting, value: string | null): number | null {
  if (value === null) return null;
  const port = Number(value);
  if (/^\d+$/.test(value) && port >= 1 && port <= 65_535) return port;
  throw new UserError(`${variable} is ${JSON.stringify(value)}`, {
    why: 'it has to be a whole number from 1 to 65535',
    wayOut: [`${variable}=8788 npm start`],
  });
}
