import { SyncError } from '@millrace/kernel';

/** The server does not keep this chunk any more: its snapshot has to be asked for anew. */
export class ChunkGone extends SyncError {
  readonly table: string;

  constructor(table: string, n: number) {
    super('not-found', `chunk ${n} of ${table} is not kept any more`);
    this.table = table;
  }
}

/** What came, twice, is not what the manifest says: the table has to be read anew. */
export class ChunkCorrupt extends SyncError {
  readonly table: string;

  constructor(table: string, n: number) {
    super('snapshot-corrupt', `chunk ${n} of ${table} is not what its manifest says`);
    this.table = table;
  }
}
