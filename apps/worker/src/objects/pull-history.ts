import type { Position } from '@millrace/kernel';
import type { PullResult } from '@millrace/sync-session';
import { unwrap } from '../answer.js';
import type { Env } from '../env.js';
import { gatewayOf, replicationOf } from './stubs.js';

export interface PullRequest {
  readonly clientId: string;
  readonly after: Position;
  readonly rowKeys: readonly string[];
}

/** A page after a cursor: from the ReplicationDO's memory, else from history through the client's gateway, never beyond what may be served [H5]. */
export async function pullHistory(env: Env, gateways: number, request: PullRequest): Promise<PullResult> {
  const { clientId, after, rowKeys } = request;
  const recent = unwrap(await replicationOf(env).recent(after, rowKeys));
  if (recent.kind === 'page') return { kind: 'page', page: recent.page, complete: true };
  return unwrap(await gatewayOf(env, clientId, gateways).page(after, recent.upTo, rowKeys));
}
