import type { Row } from '@millrace/kernel';
import type { LocalWrite } from '@millrace/pglite-client/testing';
import type { SeededRandom } from '@millrace/testing';
import { extraIn, hasMood, markOf } from '../schema.js';
import { PAIRS } from '../server/outside-writer.js';
import type { ClientHost } from './client-host.js';

/** Somebody who works with the app of one client, on whatever it shows. */
export class AppUser {
  private written = 0;

  private readonly host: ClientHost;
  private readonly random: SeededRandom;

  constructor(host: ClientHost, random: SeededRandom) {
    this.host = host;
    this.random = random;
  }

  /** One local transaction; none if the app shows nothing yet. */
  write(): boolean {
    const writes = this.random.chance(0.3) ? this.pairWrites() : this.noteWrites();
    if (writes.length === 0) return false;
    this.host.write(writes);
    return true;
  }

  private pairWrites(): readonly LocalWrite[] {
    if ((this.host.rows('pairs') ?? []).length === 0) return [];
    const pair = this.random.pick(PAIRS);
    const tag = this.name('tag');
    return ['left', 'right'].map((side) => ({
      operation: 'update',
      table: 'pairs',
      key: { id: `${this.host.tenantId}${pair}/${side}` },
      set: { tag },
    }));
  }

  private noteWrites(): readonly LocalWrite[] {
    const notes = this.host.rows('notes');
    if (!notes || !this.host.database.content.position) return [];
    const writes: LocalWrite[] = [this.insert()];
    const note = notes.length > 0 ? this.random.pick(notes) : null;
    if (!note || this.random.chance(0.3)) return writes;
    const key = { id: note['id'] ?? '' };
    const change: LocalWrite = this.random.chance(0.2)
      ? { operation: 'delete', table: 'notes', key }
      : { operation: 'update', table: 'notes', key, set: this.values() };
    return this.random.chance(0.3) ? [...writes, change] : [change];
  }

  private insert(): LocalWrite {
    const row = {
      id: this.name('c'),
      tenant_id: this.host.tenantId,
      [extraIn(this.schema)]: null,
      blob: null,
      hidden: 'f',
      ...(hasMood(this.schema) ? { mood: this.random.pick(['calm', 'wild']) } : {}),
      ...this.values(),
    };
    return { operation: 'insert', table: 'notes', row };
  }

  /** Now and then something that the server refuses. */
  private values(): Row {
    const text = `${markOf(this.host.tenantId)}${this.name(this.random.chance(0.1) ? 'bad' : '')}`;
    const extra = extraIn(this.schema);
    const mood: readonly Row[] = hasMood(this.schema) ? [{ mood: this.name('mood') }] : [];
    return this.random.pick<Row>([{ body: text }, { [extra]: text }, { body: text, [extra]: text }, ...mood]);
  }

  /** The app works with what there is. */
  private get schema() {
    return this.host.database.content.schema;
  }

  private name(prefix: string): string {
    this.written += 1;
    return `${prefix}-${this.host.clientId.slice(-4)}-${this.written}`;
  }
}
