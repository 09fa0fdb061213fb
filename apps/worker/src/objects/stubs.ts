import type { Env } from '../env.js';
import type { GatewayRpc, ReplicationRpc, SnapshotRpc, SyncRpc } from './rpc.js';

export function replicationOf(env: Env): DurableObjectStub<ReplicationRpc> {
  return env.REPLICATION.get(env.REPLICATION.idFromName('replication'));
}

export function syncOf(env: Env, clientId: string): DurableObjectStub<SyncRpc> {
  return env.SYNC.get(env.SYNC.idFromName(clientId));
}

/** The stub of a client's shard. */
export function gatewayOf(env: Env, clientId: string, gateways: number): DurableObjectStub<GatewayRpc> {
  return env.GATEWAY.get(env.GATEWAY.idFromName(`gateway-${shardOf(clientId, gateways)}`));
}

/** The one of a snapshot key (`snapshot-keys.ts`): whoever sees the same rows shares its builds. */
export function snapshotOf(env: Env, key: string): DurableObjectStub<SnapshotRpc> {
  return env.SNAPSHOT.get(env.SNAPSHOT.idFromName(key));
}

/** A client always has the same shard: its mutations must not overtake each other [W3]. */
export function shardOf(clientId: string, gateways: number): number {
  const shard = Number.parseInt(clientId.slice(0, 8), 16) % gateways;
  return Number.isNaN(shard) ? 0 : shard;
}
