import { AsyncLocalStorage } from 'async_hooks';
import { SqlError, SyncError, assert } from '@millrace/kernel';
import type { CopySession, Row, SqlConnection, SqlParam, SqlResult, TransactionOptions } from '@millrace/kernel';
import { copyOut } from './copy-out.js';
import { statementError } from './error-mapping.js';
import { SerialQueue } from './serial-queue.js';
import type { DriverWire } from './wire/driver-wire.js';

interface TransactionScope {
  open: boolean;
  readonly queue: SerialQueue;
}

/** A session of the SQL port on a driver's wire. */
export class DriverSession implements CopySession {
  readonly ended: Promise<Error | null>;
  readonly #wire: DriverWire;
  readonly #queue = new SerialQueue();
  /** The transaction whose `work` is being run by the current caller. */
  readonly #within = new AsyncLocalStorage<TransactionScope>();
  #copying = false;
  #closing: Promise<void> | null = null;

  constructor(wire: DriverWire) {
    this.#wire = wire;
    this.ended = wire.ended;
  }

  async query(sql: string, params: readonly SqlParam[] = []): Promise<SqlResult> {
    this.#assertOutside();
    return this.#queue.run(() => this.#send(sql, params));
  }

  async transaction<T>(work: (sql: SqlConnection) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    this.#assertOutside();
    return this.#queue.run(() => this.#transact(work, options));
  }

  async *copyOut(sql: string): AsyncGenerator<Uint8Array, { rowCount: number }, void> {
    const scope = this.#within.getStore();
    const release = await (scope?.open ? scope.queue : this.#queue).acquire();
    try {
      this.#assertOpen();
      this.#copying = true;
      return yield* copyOut(this.#wire, sql);
    } finally {
      this.#copying = false;
      release();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#copying) this.#wire.cut(new SyncError('closed', 'the session was closed during a COPY'));
    await this.#wire.hangUp();
  }

  async #transact<T>(work: (sql: SqlConnection) => Promise<T>, options: TransactionOptions): Promise<T> {
    await this.#send(beginStatement(options), []);
    const scope: TransactionScope = { open: true, queue: new SerialQueue() };
    let value: T;
    try {
      value = await this.#within.run(scope, () => work(this.#handle(scope)));
    } catch (error) {
      await endOf(scope);
      // If it cannot be sent, the session is over, and the transaction with it.
      await this.#send('rollback', []).catch(() => undefined);
      throw error;
    }
    await endOf(scope);
    await this.#commit();
    return value;
  }

  /** Postgres answers COMMIT of a failed transaction with ROLLBACK and no error: taken for a commit, the work would be lost in silence. */
  async #commit(): Promise<void> {
    const { command } = await this.#sendRaw('commit', []);
    if (command === 'COMMIT') return;
    throw new SqlError('the transaction was rolled back, because a statement in it had failed', { code: '25P02' });
  }

  #handle(scope: TransactionScope): SqlConnection {
    return {
      query: async (sql, params = []) => {
        assert(scope.open, 'a statement was sent on a transaction that has ended');
        return scope.queue.run(() => this.#send(sql, params));
      },
      transaction: async () => {
        throw new SyncError('assertion-failed', 'a transaction is open already: use SAVEPOINT inside it');
      },
    };
  }

  async #send(sql: string, params: readonly SqlParam[]): Promise<SqlResult> {
    const result = await this.#sendRaw(sql, params);
    return { rows: result.rows.map(rowReader(result.fields)), rowCount: result.rowCount ?? 0 };
  }

  async #sendRaw(sql: string, params: readonly SqlParam[]) {
    this.#assertOpen();
    try {
      return await this.#wire.query(sql, params);
    } catch (error) {
      throw this.#closing === null
        ? statementError(error)
        : new SyncError('closed', 'the Postgres session was closed', { cause: error });
    }
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw new SyncError('closed', 'the Postgres session was closed');
  }

  /** The caller would wait for the transaction, and the transaction for the caller. */
  #assertOutside(): void {
    assert(
      !this.#within.getStore()?.open,
      'the session was used inside its own transaction, which would wait for itself: use the connection handed to `work`',
    );
  }
}

async function endOf(scope: TransactionScope): Promise<void> {
  scope.open = false;
  await scope.queue.idle();
}

function beginStatement({ isolation, readOnly }: TransactionOptions): string {
  return ['begin', isolation && `isolation level ${isolation}`, readOnly && 'read only'].filter(Boolean).join(' ');
}

/** Built from entries: an assignment would lose a column that is named `__proto__`. */
function rowReader(fields: readonly { name: string }[]): (values: readonly (string | null)[]) => Row {
  return (values) => Object.fromEntries(fields.map(({ name }, index) => [name, values[index] ?? null]));
}
