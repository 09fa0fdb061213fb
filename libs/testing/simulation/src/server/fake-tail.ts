import { partFor } from '@millrace/change-history';
import { positionFromJson, positionToJson, type Clock } from '@millrace/kernel';
import { schemaOfVersion } from '@millrace/schema-compat';
import type { TailLine, TailRequest } from '@millrace/sync-protocol';
import { rowKeysOf, type Claims } from '@millrace/sync-rules';
import { deliver, everyRule, fillFrame } from '@millrace/sync-session';
import type { FakeHistory } from './fake-history.js';
import { tooLargeFor } from './too-large.js';

export interface FakeTailOptions {
  readonly history: FakeHistory;
  readonly clock: Clock;
  readonly claims: Claims;
}

/** All history after a position, up to the head, less what the reader's rows hold [S2]: a line each transaction. */
export async function* fakeTail(
  request: TailRequest,
  { history, clock, claims }: FakeTailOptions,
): AsyncGenerator<TailLine> {
  const { clientId } = request;
  const after = positionFromJson(request.after);
  while (history.head.epoch === after.epoch && history.head.seq < BigInt(request.atLeast)) await clock.sleep(3);
  const head = history.head;
  const obstacle = history.obstacle(after);
  if (obstacle) return yield { kind: 'resync', cause: obstacle, message: obstacle };
  const held = new Map(Object.entries(request.held).map(([name, seq]) => [name, BigInt(seq)]));
  const keys = new Set(rowKeysOf(everyRule(history.catalogue), claims, clientId));
  let from = after.seq;
  for (const whole of history.between(after, head)) {
    const transaction = partFor(whole, keys);
    if (!transaction) continue;
    const tables = tooLargeFor(transaction, held);
    if (tables.length > 0) {
      const fill = { tables, cause: 'transaction-too-large' as const, atLeast: transaction.position.seq };
      return yield { kind: 'fill', fill: fillFrame(fill) };
    }
    const { catalogue } = history;
    const version = request.schemaVersion;
    const delivery = deliver(transaction, { catalogue, version, app: null, claims, clientId, from, held });
    if (delivery.kind === 'outdated' || delivery.kind === 'stop') {
      const tables = schemaOfVersion(catalogue, version)?.tables.map(({ name }) => name) ?? [];
      const fill = { tables, cause: 'schema-changed' as const, atLeast: transaction.position.seq };
      return yield { kind: 'fill', fill: fillFrame(fill) };
    }
    if (delivery.kind === 'fill') return yield { kind: 'fill', fill: fillFrame(delivery) };
    if (delivery.kind === 'resync') return yield { kind: 'resync', cause: delivery.cause, message: delivery.message };
    if (delivery.messages.length === 0) continue;
    yield { kind: 'frames', messages: [...delivery.messages] };
    from = transaction.position.seq;
  }
  yield { kind: 'end', position: positionToJson(head) };
}
