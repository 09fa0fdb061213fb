import type { SchemaMeta } from '@millrace/schema-meta';
import { rulesText, type Claims } from '@millrace/sync-rules';
import { scopeClaims } from '@millrace/sync-session';
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
  rulesVersion(): Promise<string>;
  /** What rows were read for: rules and the claims that they name. In manifests and in `hello`. */
  scopeOf(claims: Claims): Promise<string>;
  /** Where the snapshots of this scope in the schema's version are kept: the name of a SnapshotDO and the folder of its blobs. */
  keyOf(claims: Claims): Promise<string>;
}

/** `secret` is asked for once, when first needed. */
export function createSnapshotKeys(schema: SchemaMeta, secret: () => Promise<string>): SnapshotKeys {
  const rules = rulesText(schema);
  let known: string | null = null;
  // The value is kept and not the promise: workerd ties a promise to the request that made it, and others would wait for ever.
  const hmac = async (content: readonly unknown[]) => hmacHex((known ??= await secret()), JSON.stringify(content));
  const scope = (claims: Claims) => Object.entries(scopeClaims(schema, claims));
  return {
    rulesVersion: async () => (await sha256Hex(rules)).slice(0, 16),
    scopeOf: async (claims) => hmac(['scope', rules, scope(claims)]),
    keyOf: async (claims) => hmac(['snapshot', rules, schema.version, scope(claims)]),
  };
}

/** The keys of this Worker. Every part of it makes the same ones. */
export function snapshotKeys(env: Env, settings: Settings, schema: SchemaMeta): SnapshotKeys {
  return createSnapshotKeys(schema, async () => {
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
