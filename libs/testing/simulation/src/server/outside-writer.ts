import type { SeededRandom } from '@millrace/testing';
import { extraIn, TENANTS, markOf } from '../schema.js';
import type { FakePostgres } from './fake-postgres.js';
import type { ServerTransaction } from './server-transaction.js';

export const PAIRS = ['x', 'y'] as const;

/** Whoever writes to the team's database beside our clients. */
export class OutsideWriter {
  private written = 0;

  private readonly postgres: FakePostgres;
  private readonly random: SeededRandom;

  constructor(postgres: FakePostgres, random: SeededRandom) {
    this.postgres = postgres;
    this.random = random;
  }

  /** Rows to begin with. */
  seed(): void {
    this.postgres.commit((transaction) => {
      for (const tenant of TENANTS) {
        for (const pair of PAIRS)
          for (const side of ['left', 'right'])
            transaction.insert('pairs', { id: `${tenant}${pair}/${side}`, tenant_id: tenant, tag: 't0' });
        for (let i = 0; i < 3; i++) this.addNote(transaction, tenant);
      }
      transaction.insert('news', { id: 'n0', body: 'hello' });
    });
  }

  /** One transaction of one to four changes. */
  write(): void {
    this.postgres.commit((transaction) => {
      for (let left = 1 + this.random.int(4); left > 0; left--) this.change(transaction);
    });
  }

  /** One transaction of more rows of each tenant than are streamed. */
  writeLarge(): void {
    this.postgres.commit((transaction) => {
      for (const tenant of TENANTS) {
        this.writePair(transaction, tenant);
        for (let left = 8 + this.random.int(6); left > 0; left--) this.addNote(transaction, tenant);
      }
      if (this.random.chance(0.3)) transaction.insert('news', { id: this.name('n'), body: 'large news' });
    });
  }

  /** Changes that history tells nothing of but that there were some. */
  writeUnseen(): void {
    this.postgres.commitMarked(this.random.pick(['rewritten', 'quarantined']), (transaction) => {
      for (let left = 1 + this.random.int(4); left > 0; left--) this.change(transaction);
    });
  }

  /** Shows or hides a note whose large value does not travel with the update: nobody can tell its row from the stream alone [C4]. */
  showHidden(): boolean {
    const note = this.anyNote((row) => row['hidden'] === 't' && row['blob'] !== null);
    if (!note) return false;
    this.postgres.commit((transaction) => transaction.update('notes', { id: note['id'] ?? '' }, { hidden: 'f' }));
    return true;
  }

  private change(transaction: ServerTransaction): void {
    const { random } = this;
    const tenant = random.pick(TENANTS);
    const note = this.anyNote(() => true);
    const kind = random.int(note ? 20 : 4);
    if (kind < 3 || !note) this.addNote(transaction, tenant);
    else if (kind < 6) this.writePair(transaction, tenant);
    else if (kind < 7) transaction.insert('news', { id: this.name('n'), body: 'news' });
    else if (kind < 8 && random.chance(0.2)) transaction.truncate(random.pick(['news', 'notes']));
    else this.changeNote(transaction, note, kind);
  }

  private changeNote(
    transaction: ServerTransaction,
    note: Readonly<Record<string, string | null>>,
    kind: number,
  ): void {
    const { random } = this;
    const key = { id: note['id'] ?? '' };
    const owner = note['tenant_id'] ?? '';
    const other = TENANTS.find((each) => each !== owner) ?? owner;
    if (kind < 10) transaction.delete('notes', key);
    else if (kind < 12)
      transaction.update('notes', key, { tenant_id: other, body: this.body(other), [this.extra]: null });
    else if (kind < 13) transaction.update('notes', key, { id: this.name('moved') });
    else if (kind < 14) transaction.update('notes', key, { hidden: 't' });
    else if (kind < 15) transaction.update('notes', key, { blob: random.chance(0.5) ? null : this.name('blob') });
    else if (kind < 16) transaction.update('notes', key, {});
    else
      transaction.update(
        'notes',
        key,
        random.chance(0.5) ? { body: this.body(owner) } : { [this.extra]: this.body(owner) },
      );
  }

  private addNote(transaction: ServerTransaction, tenant: string): void {
    const blob = this.random.chance(0.5) ? this.name('blob') : null;
    transaction.insert('notes', {
      id: this.name('s'),
      tenant_id: tenant,
      body: this.body(tenant),
      [this.extra]: null,
      blob,
      hidden: 'f',
    });
  }

  private writePair(transaction: ServerTransaction, tenant: string): void {
    const pair = this.random.pick(PAIRS);
    const tag = this.name('tag');
    for (const side of ['left', 'right']) transaction.update('pairs', { id: `${tenant}${pair}/${side}` }, { tag });
  }

  private anyNote(wanted: (row: Readonly<Record<string, string | null>>) => boolean) {
    const notes = [...(this.postgres.tables.get('notes')?.values() ?? [])].filter(wanted);
    return notes.length > 0 ? this.random.pick(notes) : null;
  }

  private get extra(): string {
    return extraIn(this.postgres.schema);
  }

  private body(tenant: string): string {
    return `${markOf(tenant)}${this.name('')}`;
  }

  private name(prefix: string): string {
    this.written += 1;
    return `${prefix}${this.written}`;
  }
}
