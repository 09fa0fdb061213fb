import { SyncError } from '@millrace/kernel';

/** A quota: so much at once, and so much again per second. */
export interface Quota {
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * What one principal may do over HTTP, far above what its clients need even if ten hydrate at once, far below what hurts others (X20). Counted per
 * Worker isolate: a bound on what a loop costs, not a bill.
 */
export const QUOTAS = {
  /** Each may make Postgres read tables; builds are shared, so that asking again mostly waits. */
  snapshots: { burst: 120, perSecond: 10 },
  chunks: { burst: 4_000, perSecond: 200 },
  tail: { burst: 120, perSecond: 10 },
  schema: { burst: 120, perSecond: 10 },
  /** Each may make Postgres hash all tables. */
  checksums: { burst: 10, perSecond: 0.2 },
} as const satisfies Record<string, Quota>;

export type QuotaName = keyof typeof QUOTAS;

/** More principals than that in one isolate, and the longest unseen starts afresh. */
const PRINCIPALS = 10_000;

/** `too-many-requests`, with the time after which the same request will be let through. */
export class TooManyRequests extends SyncError {
  declare readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super('too-many-requests', `too many requests: wait ${Math.ceil(retryAfterMs / 1000)} s`, { retryAfterMs });
  }
}

interface Bucket {
  left: number;
  at: number;
}

/** Token buckets by principal. */
export class RateLimits {
  readonly #now: () => number;
  readonly #quotas: Readonly<Record<QuotaName, Quota>>;
  readonly #buckets = new Map<string, Bucket>();

  /** `now` in ms. */
  constructor(now: () => number, quotas: Readonly<Record<QuotaName, Quota>> = QUOTAS) {
    this.#now = now;
    this.#quotas = quotas;
  }

  /** Counts one request. Throws {@link TooManyRequests} if the principal has no more. */
  take(name: QuotaName, sub: string): void {
    const { burst, perSecond } = this.#quotas[name];
    const now = this.#now();
    const key = `${name}:${sub}`;
    const former = this.#buckets.get(key) ?? { left: burst, at: now };
    const left = Math.min(burst, former.left + (Math.max(0, now - former.at) / 1000) * perSecond);
    const bucket: Bucket = { left: left < 1 ? left : left - 1, at: now };
    // Moved to the end: the first of the map is the longest unseen.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= PRINCIPALS) break;
      this.#buckets.delete(oldest);
    }
    if (left < 1) throw new TooManyRequests(((1 - left) / perSecond) * 1000);
  }
}
