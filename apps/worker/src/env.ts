import type { GatewayRpc, ReplicationRpc, SnapshotRpc, SyncRpc } from './objects/rpc.js';

/** What the platform hands to the Worker: bindings and variables. Variables are read once, by `settings.ts`. */
export interface Env {
  readonly REPLICATION: DurableObjectNamespace<ReplicationRpc>;
  readonly SYNC: DurableObjectNamespace<SyncRpc>;
  readonly GATEWAY: DurableObjectNamespace<GatewayRpc>;
  readonly SNAPSHOT: DurableObjectNamespace<SnapshotRpc>;
  /** The built web apps: a disk service (self-hosting) or Workers assets. */
  readonly ASSETS?: Fetcher;
  /** Where snapshots are kept: an R2 bucket, or a writable disk service (self-hosting). */
  readonly SNAPSHOTS?: R2Bucket | Fetcher;
  readonly DATABASE_URL?: string;
  readonly MILLRACE_JWT_SECRET?: string;
  readonly MILLRACE_JWKS_URL?: string;
  readonly MILLRACE_JWT_ISSUER?: string;
  readonly MILLRACE_JWT_AUDIENCE?: string;
  readonly MILLRACE_ADMIN_TOKEN?: string;
  readonly MILLRACE_ALLOWED_ORIGINS?: string;
  readonly MILLRACE_DEV?: string;
  readonly MILLRACE_LOG_LEVEL?: string;
  readonly MILLRACE_GATEWAYS?: string;
  readonly MILLRACE_SLOT?: string;
  readonly MILLRACE_SNAPSHOT_SECRET?: string;
  readonly MILLRACE_SNAPSHOT_BYTES?: string;
  readonly MILLRACE_SNAPSHOT_AGE?: string;
  readonly MILLRACE_SNAPSHOT_STALE_PERCENT?: string;
  readonly MILLRACE_SNAPSHOT_STALE_MIN?: string;
  readonly MILLRACE_SNAPSHOT_STALE_MAX?: string;
  readonly MILLRACE_SNAPSHOT_READ?: string;
  readonly MILLRACE_IDLE_AFTER?: string;
  readonly MILLRACE_MAX_SLEEP?: string;
  readonly CAPTURE_READER?: string;
  readonly CAPTURE_DECODER?: string;
  readonly MILLRACE_DRIVER?: string;
  readonly MILLRACE_NEON_PROXY?: string;
}
