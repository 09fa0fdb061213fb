import { CopyRows } from './copy-rows.js';
import { corrupt } from './corrupt.js';
import type { SnapshotPart } from './snapshot-part.js';

/** Checks that parts come in the only order that makes a snapshot, and that its counts hold. */
export class PartOrder {
  ended = false;
  #tables: readonly string[] | null = null;
  #tablesDone = 0;
  #open: CopyRows | null = null;
  #tailBegun = false;
  #rows = 0;

  /** Throws `snapshot-corrupt` if the part may not come now. */
  accept(part: SnapshotPart): void {
    if (this.ended) throw corrupt('parts after its end');
    if ((this.#tables === null) !== (part.kind === 'header')) throw corrupt('no header at its begin, or a second one');
    switch (part.kind) {
      case 'header':
        this.#tables = part.tables;
        return;
      case 'table':
        return this.#beginTable(part.name);
      case 'rows':
        return this.#openTable('rows').walk(part.bytes);
      case 'table-end':
        return this.#endTable(part.rows);
      case 'tail':
        this.#assertAllTables();
        this.#tailBegun = true;
        return;
      case 'end':
        this.#assertAllTables();
        if (part.rows !== this.#rows) throw corrupt(`${part.rows} rows were announced, ${this.#rows} came`);
        this.ended = true;
        return;
    }
  }

  #beginTable(name: string): void {
    if (this.#open !== null || this.#tailBegun) throw corrupt('a table inside another one or after the tail');
    if (this.#tables?.[this.#tablesDone] !== name) throw corrupt('a table out of turn');
    this.#open = new CopyRows();
  }

  #endTable(rows: number): void {
    this.#openTable('the end of a table').finish(rows);
    this.#open = null;
    this.#tablesDone += 1;
    this.#rows += rows;
  }

  #openTable(what: string): CopyRows {
    if (this.#open === null) throw corrupt(`${what} outside of any`);
    return this.#open;
  }

  #assertAllTables(): void {
    if (this.#open !== null || this.#tablesDone !== this.#tables?.length) throw corrupt('a table is missing');
  }
}
