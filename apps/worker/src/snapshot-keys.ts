import { schemaAfter, schemaBefore, type Catalogue } from '@millrace/schema-compat';
import type { SchemaMeta } from '@millrace/schema-meta';
import { rulesText, type Claims } from '@millrace/sync-rules';
import { everyRule, scopeClaims } from '@millrace/sync-session';
import { replicationOf } from './objects/stubs.js';
import { unwrap } from './answer.js';
import type { Env } from './env.js';
import type { Settings } from './settings.js';

/**
 * The names of a caller's snapshots. All are made anew from the caller's own claims on every request: what a client sends is never an
 * address [S5]. HMACs, so that nobody who knows rules and claims can make one.
 */
export interface SnapshotKeys {
  /** Short digest of the read rules, for people and manifests. */
  rulesVersion(schema: SchemaMeta): Promise<string>;
  /** What rows are read for: the claims that any rule has named so far. In manifests and in `hello`. Rules change by migrations, which tell what has to be read anew. */
  scopeOf(catalogue: Catalogue, claims: Claims): Promise<string>;
  /** That, and what it was before migrations named further claims: rows that were read then are right as well [A4]. */
  scopesOf(catalogue: Catalogue, claims: Claims): Promise<readonly string[]>;
  /** Where the snapshots of this scope in the schema's version are kept: the name of a SnapshotDO and the folder of its blobs. */
  keyOf(place: SnapshotPlace, claims: Claims): Promise<string>;
}

export interface SnapshotPlace {
  readonly schema: SchemaMeta;
  /** The version in whose words its rows are. Default: the schema's own. */
  readonly told?: string;
}

/** `secret` is asked for once, when first needed. */
export function createSnapshotKeys(secret: () => Promise<string>): SnapshotKeys {
  let known: string | null = null;
  // The value is kept and not the promise: workerd ties a promise to the request that made it, and others would wait for ever.
  const hmac = async (content: readonly unknown[]) => hmacHex((known ??= await secret()), JSON.stringify(content));
  const entries = (schema: SchemaMeta, claims: Claims) => Object.entries(scopeClaims(schema, claims));
  const scopeOf = (catalogue: Catalogue, claims: Claims) =>
    hmac(['scope', firstRules(catalogue), entries(everyRule(catalogue), claims)]);
  return {
    rulesVersion: async (schema) => (await sha256Hex(rulesText(schema))).slice(0, 16),
    scopeOf,
    scopesOf: (catalogue, claims) => Promise.all(distinctly(catalogue, claims).map((each) => scopeOf(each, claims))),
    keyOf: async ({ schema, told = schema.version }, claims) =>
      hmac(['snapshot', rulesText(schema), schema.version, told, entries(schema, claims)]),
  };
}

/** Of the oldest version that is known: what has changed since is in the stream. A database without migrations has the rules that its server was built with. */
function firstRules({ compiled, steps }: Catalogue): string {
  const [first] = steps;
  if (!first) return rulesText(compiled);
  return rulesText(schemaBefore(first).tables.length > 0 ? schemaBefore(first) : schemaAfter(first));
}

/** The catalogue, and it without its last steps, as far as they have made other claims matter. Newest first. */
function distinctly(catalogue: Catalogue, claims: Claims): readonly Catalogue[] {
  const found = new Map<string, Catalogue>();
  for (let count = catalogue.steps.length; count >= 0; count--) {
    if (count === 0 && catalogue.steps.length > 0) break;
    const part =
      count === catalogue.steps.length ? catalogue : { ...catalogue, steps: catalogue.steps.slice(0, count) };
    const text = JSON.stringify(Object.entries(scopeClaims(everyRule(part), claims)));
    if (!found.has(text)) found.set(text, part);
  }
  return [...found.values()];
}

/** The keys of this Worker. Every part of it makes the same ones. */
export function snapshotKeys(env: Env, settings: Settings): SnapshotKeys {
  return createSnapshotKeys(async () => {
    const { snapshotSecret, jwtSecret } = settings;
    if (snapshotSecret !== null) return snapshotSecret;
    if (jwtSecret !== null) return hmacHex(jwtSecret, 'millrace snapshot keys');
    return unwrap(await replicationOf(env).snapshotSecret());
  });
}

async function hmacHex(secret: string, text: string): Promise<string> {
  const encoder = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign']);
  return hex(await crypto.subtle.sign('HMAC', key, encoder.encode(text)));
}

async function sha256Hex(text: string): Promise<string> {
  return hex(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
