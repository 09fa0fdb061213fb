import type { Principal } from '@millrace/sync-rules';
import { unwrap } from '../answer.js';
import { gatewayOf } from '../objects/stubs.js';
import type { RouteCall } from './principal.js';

/** Owners that one isolate remembers, and for how long, ms. A client id is bound to its principal until it is forgotten. */
const OWNERS = 10_000;
const REMEMBERED_MS = 5 * 60_000;

/** Whose client ids are, as they were last asked for: a chunk is fetched in less time than its owner would be looked up in. */
export class Owners {
  readonly #now: () => number;
  readonly #known = new Map<string, { readonly sub: string; readonly until: number }>();

  /** `now` in ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Throws `unknown-client` unless the client id is bound to the caller (X7). */
  async check(c: RouteCall, clientId: string, { sub }: Principal): Promise<void> {
    const known = this.#known.get(clientId);
    if (known?.sub === sub && known.until > this.#now()) return;
    unwrap(await gatewayOf(c.env, clientId, c.get('millrace').settings.gateways).checkOwner(clientId, sub));
    this.#known.delete(clientId);
    this.#known.set(clientId, { sub, until: this.#now() + REMEMBERED_MS });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= OWNERS) break;
      this.#known.delete(oldest);
    }
  }
}
