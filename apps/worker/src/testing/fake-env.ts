import { rule, type SchemaMeta } from '@millrace/schema-meta';
import type { AppDefinition } from '../app.js';
import { signToken } from '../auth/tokens.js';
import type { Env } from '../env.js';
import { createRouter } from '../routes/router.js';

/** For specs of the routes: bindings that record their calls, and a Worker to call. */
export const SECRET = 'a secret of more than thirty-two characters';
export const ADMIN_TOKEN = 'the-admin-token-of-these-specs';
export const CLIENT = '11111111-1111-4111-8111-111111111111';
export const EPOCH = '22222222-2222-4222-8222-222222222222';
export const HEAD = { epoch: EPOCH, seq: 7n, chain: 'c'.repeat(32) };

const schema: SchemaMeta = {
  version: '1.0.0',
  tables: [
    {
      name: 'notes',
      entity: 'Note',
      columns: [],
      serverOnly: [],
      key: ['id'],
      versionColumn: null,
      policy: 'last-write-wins',
      read: rule.claim('tenant_id', 'tenantId'),
      write: null,
    },
  ],
};

const person = {
  id: CLIENT,
  email: 'ann@example.org',
  displayName: 'Ann',
  role: 'member',
  tenantId: EPOCH,
  tenant: 'T',
};

export const app: AppDefinition = {
  schema,
  validators: { validate: () => [] },
  devSignIn: { sql: 'select', toUser: () => person, toClaims: ({ id, tenantId }) => ({ sub: id, tenantId }) },
};

type Methods = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

/** One recorded call of a Durable Object: `object.method`, and what it was given. */
export interface RecordedCall {
  readonly name: string;
  readonly args: readonly unknown[];
}

export interface FakeWorker {
  readonly bindings: Env;
  readonly calls: readonly RecordedCall[];
  /** Names of the calls, in order. */
  called(): readonly string[];
  /** To a path (of http://localhost:8787) or a whole URL. */
  request(target: string, init?: RequestInit & { readonly duplex?: 'half' }): Promise<Response>;
}

export interface FakeWorkerOptions {
  /** Variables beside those that every Worker needs; null takes one away. */
  readonly env?: Readonly<Record<string, unknown>>;
  /** Methods of the objects, by `object.method`, that win over the defaults. */
  readonly methods?: Methods;
  /** Files of the site by path; null: there is no such binding. */
  readonly site?: ((path: string) => Response) | null;
  readonly app?: AppDefinition;
}

const ok = (value: unknown) => ({ ok: true, value });

const DEFAULTS: Methods = {
  'replication.wake': () => ok(HEAD),
  'replication.status': () => ok({ counters: {} }),
  'replication.health': () => ok({ state: 'streaming', failingSince: null }),
  'replication.nudge': () => undefined,
  'gateway.register': () => ok({ epoch: EPOCH }),
  'gateway.checkOwner': () => ok(null),
  'gateway.push': () => ok({ kind: 'results', results: [] }),
  'gateway.devUsers': () => ok([{}]),
  'snapshot.order': () => ok({ state: 'building', rows: 3, rowEstimate: 9, retryAfterMs: 250 }),
  'snapshot.checksums': () => ok({ type: 'checkpoint' }),
  'sync.appVersion': () => null,
  'sync.fetch': () => new Response('socket'),
};

export function fakeWorker({
  env = {},
  methods = {},
  site = null,
  app: ownApp = app,
}: FakeWorkerOptions = {}): FakeWorker {
  const calls: RecordedCall[] = [];
  const catalogue = { compiled: ownApp.schema, steps: [] };
  const all: Methods = { ...DEFAULTS, 'replication.catalogue': () => ok(catalogue), ...methods };
  const namespace = (object: string) => ({
    idFromName: (name: string) => name,
    get: () =>
      new Proxy(
        {},
        {
          get:
            (_stub, method) =>
            async (...args: readonly unknown[]) => {
              const name = `${object}.${String(method)}`;
              calls.push({ name, args });
              return all[name]?.(...args);
            },
        },
      ),
  });
  const bindings = {
    REPLICATION: namespace('replication'),
    SYNC: namespace('sync'),
    GATEWAY: namespace('gateway'),
    SNAPSHOT: namespace('snapshot'),
    DATABASE_URL: 'postgres://db/app',
    MILLRACE_JWT_SECRET: SECRET,
    MILLRACE_ADMIN_TOKEN: ADMIN_TOKEN,
    MILLRACE_LOG_LEVEL: 'error',
    ...(site ? { ASSETS: { fetch: async (url: string) => site(new URL(url).pathname) } } : {}),
    ...env,
  } as unknown as Env;
  const router = createRouter(ownApp);
  const context = {
    waitUntil: () => undefined,
    passThroughOnException: () => undefined,
  } as unknown as ExecutionContext;
  return {
    bindings,
    calls,
    called: () => calls.map(({ name }) => name),
    request: (target, init) => router(new Request(new URL(target, 'http://localhost:8787'), init), bindings, context),
  };
}

/** The header of a signed-in caller. */
export async function signedIn(
  claims: Readonly<Record<string, string>> = {},
): Promise<{ readonly authorization: string }> {
  const expiresAt = Math.floor(Date.now() / 1000) + 600;
  return { authorization: `Bearer ${await signToken(SECRET, { sub: 'ann', tenantId: 't1', ...claims }, expiresAt)}` };
}

export const asAdmin = { authorization: `Bearer ${ADMIN_TOKEN}` };
