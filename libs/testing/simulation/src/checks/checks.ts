import { positionToJson, type Position, type Row } from '@millrace/kernel';
import type { FakeContent } from '@millrace/pglite-client/testing';
import { keyText, type SchemaMeta } from '@millrace/schema-meta';
import type { ResyncCause } from '@millrace/sync-protocol';
import type { ClientHost } from '../client/client-host.js';
import { TENANTS, markOf } from '../schema.js';
import type { World } from '../world.js';

/** What is broken, in words that name the invariant. */
export class Violation extends Error {}

/** What a client was told to fill. */
export interface Told {
  readonly cause: ResyncCause;
  readonly tables: readonly string[];
  readonly atLeast: bigint;
}

/** Looks at everything after every step, and at the end. */
export class Checks {
  private readonly seen = new Map<ClientHost, FakeContent>();
  private readonly announced = new Map<string, Set<string>>();

  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  /** I8: nothing of another tenant in anything that goes to a client. */
  sent(host: ClientHost, text: string): void {
    for (const tenant of TENANTS) {
      if (tenant !== host.tenantId && text.includes(markOf(tenant)))
        fail('I8', host, `was sent a row of tenant ${tenant}: ${text.slice(0, 400)}`);
    }
  }

  /** I12: each cause must be true, or a new hydration would hide a bug. */
  resynced(host: ClientHost, cause: ResyncCause, cursor: Position | null): void {
    const { history } = this.world;
    const isTrue =
      (cause === 'schema-changed' && this.world.postgres.catalogue.steps.length > 0) ||
      (cause === 'epoch-changed' && cursor?.epoch !== history.head.epoch) ||
      (cause === 'below-horizon' && cursor !== null && cursor.seq < history.horizon);
    if (!isTrue) fail('I12', host, `resync ${cause} at ${placeText(cursor)} without a cause`);
    this.announcedTo(host).add(cause);
  }

  /** I12: what cannot be delivered is a transaction that is there, for the cause that it names. */
  filled(host: ClientHost, { cause, tables, atLeast }: Told): void {
    const migrated = cause === 'schema-changed' && this.world.postgres.catalogue.steps.length > 0;
    const isTrue = migrated || (this.world.undeliverable.get(atLeast)?.has(cause) ?? false);
    if (!isTrue) fail('I12', host, `fill of ${tables.join(', ')} for ${cause} at ${atLeast} without a cause`);
    this.announcedTo(host).add(cause);
  }

  /** A row of this client was changed behind its back: from now on it may find that something is wrong. */
  spoilt(host: ClientHost): void {
    for (const cause of ['checksum-mismatch', 'client-request']) this.announcedTo(host).add(cause);
  }

  hydrating(host: ClientHost, cause: string): void {
    const { position } = host.database.content;
    const known =
      (cause === 'new-client' && position === null) ||
      (cause === 'epoch-changed' && position?.epoch !== this.world.history.head.epoch) ||
      (cause === 'schema-changed' && this.world.postgres.catalogue.steps.length > 0) ||
      this.announcedTo(host).has(cause);
    if (!known) fail('I12', host, `loads rows by itself: ${cause}`);
  }

  /** The app asked for it. */
  requested(host: ClientHost): void {
    this.announcedTo(host).add('client-request');
  }

  afterStep(): void {
    for (const host of this.world.clients) {
      const content = host.database.content;
      const before = this.seen.get(host);
      if (before === content) continue;
      this.seen.set(host, content);
      if (before) this.checkStep(host, before, content);
      this.checkPairs(host, content);
    }
  }

  private checkStep(host: ClientHost, before: FakeContent, content: FakeContent): void {
    const { position } = content;
    if (before.position && position && position.epoch === before.position.epoch && position.seq < before.position.seq) {
      fail('I4', host, `cursor went back from ${placeText(before.position)} to ${placeText(position)}`);
    }
    if (position && position.epoch === this.world.history.head.epoch && !this.world.history.isEnd(position)) {
      fail('I4', host, `cursor ${placeText(position)} ends no transaction`);
    }
    const pending = new Set(content.pending.map(({ txId }) => txId));
    for (const { txId } of before.pending) if (!pending.has(txId)) this.checkSettled(host, content, txId);
    const rejected = new Set(content.rejected.map(({ txId }) => txId));
    for (const { txId } of before.rejected)
      if (!rejected.has(txId) && !this.wasTaken(txId)) fail('I2', host, `rejected ${txId} vanished`);
  }

  /** Refused at the client, for it had no words for it any more, and taken by the server, which had heard of it before. */
  private wasTaken(txId: string): boolean {
    const verdict = this.world.postgres.mutations.get(txId)?.result.verdict;
    return verdict !== undefined && verdict !== 'rejected';
  }

  /** I2, I6: a write leaves the outbox by its verdict only, and then its effect is here or its refusal is shown. */
  private checkSettled(host: ClientHost, content: FakeContent, txId: string): void {
    const stored = this.world.postgres.mutations.get(txId);
    // What cannot be told any more is refused here, and shown [M3].
    if (refusedHere(content, txId)) return;
    if (!stored) return fail('I2', host, `write ${txId} vanished before the server had it`);
    if (stored.result.verdict === 'rejected') {
      if (!content.rejected.some((each) => each.txId === txId)) fail('I2', host, `rejected ${txId} is not shown`);
      return;
    }
    const place = this.world.history.placeOf(txId);
    const covered =
      place?.epoch === content.position?.epoch
        ? place !== null && (content.position?.seq ?? -1n) >= place.seq
        : content.position?.epoch !== stored.epoch;
    if (!covered)
      fail(
        'I6',
        host,
        `write ${txId} left the outbox at ${placeText(content.position)}, its effect is at ${placeText(place)}`,
      );
  }

  /** I5: two rows that are only ever written together are never seen apart. */
  private checkPairs(host: ClientHost, content: FakeContent): void {
    this.comparePairs(host, 'base', [...(content.base.get('pairs')?.values() ?? [])]);
    const visible = host.rows('pairs');
    if (visible) this.comparePairs(host, 'visible', visible);
  }

  private comparePairs(host: ClientHost, where: string, rows: readonly Row[]): void {
    const tags = new Map<string, string | null>();
    for (const row of rows) {
      const pair = (row['id'] ?? '').split('/')[0] ?? '';
      const tag = row['tag'] ?? null;
      if (tags.has(pair) && tags.get(pair) !== tag)
        fail('I5', host, `${where}: pair ${pair} is half written: ${tags.get(pair)} and ${tag}`);
      tags.set(pair, tag);
    }
  }

  /** What keeps a client from being in step; null once it is (I1, I9). */
  difference(host: ClientHost): string | null {
    const { history, postgres } = this.world;
    const { content } = host.database;
    if (host.client?.status.get().phase !== 'live')
      return `is ${host.client?.status.get().phase ?? 'not running'}: ${JSON.stringify(host.client?.status.get().fault)}`;
    if (content.position?.epoch !== history.head.epoch) return `stands in another epoch`;
    if (content.pending.length > 0)
      return `has ${content.pending.length} pending writes: ${JSON.stringify(content.pending.map(({ mutationId, txId, answer }) => ({ mutationId, txId, answer })))}`;
    const { schema } = content;
    if (schema.version !== postgres.schema.version)
      return `is of schema ${schema.version}, the server of ${postgres.schema.version}: ${JSON.stringify(host.client?.status.get().schema)}`;
    for (const { name } of schema.tables) {
      const here = textOf(schema, name, [...(content.base.get(name)?.values() ?? [])]);
      const there = textOf(schema, name, postgres.rowsInScope(name, { tenantId: host.tenantId }));
      if (here !== there) return `I1 ${name} differ:\n  client ${here}\n  server ${there}`;
      if (textOf(schema, name, host.rows(name) ?? []) !== there) return `I1 visible ${name} differ from the server's`;
    }
    return null;
  }

  /** I2, I3 over the whole run. */
  atEnd(): void {
    for (const host of this.world.clients) {
      const rejected = new Set(host.database.content.rejected.map(({ txId }) => txId));
      for (const txId of host.written) {
        const stored = this.world.postgres.mutations.get(txId);
        if (!stored && !rejected.has(txId)) fail('I2', host, `acknowledged write ${txId} never reached the server`);
        else if (stored?.result.verdict === 'rejected' && !rejected.has(txId))
          fail('I2', host, `rejected ${txId} is not shown`);
      }
    }
    const numbers = new Set<string>();
    for (const { clientId, result } of this.world.postgres.mutations.values()) {
      const number = `${clientId} ${result.mutationId}`;
      if (numbers.has(number)) throw new Violation(`I3: mutation ${number} happened twice`);
      numbers.add(number);
    }
  }

  private announcedTo(host: ClientHost): Set<string> {
    const announced = this.announced.get(host.clientId) ?? new Set<string>();
    this.announced.set(host.clientId, announced);
    return announced;
  }
}

function fail(invariant: string, host: ClientHost, what: string): never {
  throw new Violation(`${invariant}: client ${host.clientId} ${what}`);
}

function refusedHere({ rejected }: FakeContent, txId: string): boolean {
  return rejected.some((each) => each.txId === txId && each.reason.code === 'schema-changed');
}

function placeText(position: Position | null): string {
  if (!position) return 'nowhere';
  const { epoch, seq } = positionToJson(position);
  return `${seq} of ${epoch.slice(0, 8)}`;
}

function textOf({ tables }: SchemaMeta, name: string, rows: readonly Row[]): string {
  const table = tables.find((each) => each.name === name);
  if (!table) return '';
  const lines = rows.map(
    (row) => [keyText(table, row), JSON.stringify(table.columns.map((column) => row[column.name] ?? null))] as const,
  );
  return lines
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, line]) => line)
    .join('\n         ');
}
