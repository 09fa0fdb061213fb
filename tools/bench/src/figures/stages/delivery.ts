import type { HistoryTransaction } from '@millrace/change-history';
import { schema } from '@millrace/db';
import { deliver, packMessages } from '@millrace/sync-session';
import { decodeServerMessages } from '@millrace/sync-protocol';
import type { Figure } from '../../core/figure.js';
import { median } from '../../core/percentile.js';
import { TENANT, USER } from '../../support/invoices.js';
import { stageFigure, timings } from './stage-figure.js';

/** A client at the only version that there has been. */
const UNMIGRATED = { catalogue: { compiled: schema, steps: [] }, version: schema.version, app: schema.version };
const CLAIMS = { sub: USER.id, tenantId: TENANT.id, role: USER.role };

/** From history to the text of frames, and from the text to frames again. */
export async function* deliveryStages(stored: readonly HistoryTransaction[]): AsyncGenerator<Figure, void, void> {
  const perChange = (ms: number): number => (ms * 1_000) / stored.length;
  const texts = deliverAll(stored);
  const scope = await timings(5, async () => deliverAll(stored));
  const stringify = await timings(5, async () =>
    JSON.stringify(stored.map(({ entries }) => entries.map(({ data }) => data))),
  );
  const parse = await timings(5, async () => texts.map((text) => JSON.parse(text) as unknown));
  const decode = await timings(5, async () => texts.map((text) => decodeServerMessages(text)));
  yield stageFigure({
    id: 'scope',
    title: 'scope: one-row transactions through the scope filter into frames [D3]',
    unit: 'µs',
    value: perChange(median(scope)),
    limit: { value: perChange(median(stringify)), of: 'JSON.stringify of the changed columns' },
    process: 'this Node process; in the product the SyncDO',
    covers: 'filter, frames and their text, per change',
  });
  yield stageFigure({
    id: 'frames',
    title: 'frames: text into checked frames in the client',
    unit: 'µs',
    value: perChange(median(decode)),
    limit: { value: perChange(median(parse)), of: 'JSON.parse of the same text' },
    process: 'this Node process; in the product the client’s worker',
    covers: 'parsing and checking, per change',
  });
}

function deliverAll(stored: readonly HistoryTransaction[]): readonly string[] {
  let from = (stored[0]?.firstSeq ?? 1n) - 1n;
  return packMessages(
    stored.flatMap((transaction) => {
      const delivery = deliver(transaction, { ...UNMIGRATED, claims: CLAIMS, clientId: USER.id, from });
      from = transaction.position.seq;
      return delivery.kind === 'messages' ? delivery.messages : [];
    }),
  );
}
