import { errorText } from '@millrace/kernel';
import { EntityManager, type DataSource, type QueryRunner } from 'typeorm';
import { MigrationError, type MigrationFault } from './migration-error.js';
import type { MigrationSource } from './migration-source.js';
import type { RunSql } from './sql-runner.js';
import { splitStatements, type Statement } from './statements.js';

/** A statement with the values of its parameters, as they are sent to a server. */
export interface RecordedStatement {
  readonly sql: string;
  readonly params: readonly RecordedParam[];
}

export type RecordedParam = string | number | boolean | null;

/** Told of each statement after it has run, within its transaction. */
export type Observer = (statement: Statement, run: RunSql) => Promise<void>;

export interface RecordOptions {
  readonly source: DataSource;
  readonly migration: MigrationSource;
  readonly direction: 'up' | 'down';
  readonly observe?: Observer;
}

/**
 * Runs one way of a migration on a trial database, in one transaction as the runner will, and writes down its statements in order. What an API method
 * reads from the catalog on its way is none of them.
 * @throws MigrationError
 */
export async function recordMigration(options: RecordOptions): Promise<readonly RecordedStatement[]> {
  const { source, migration, direction } = options;
  const instance = migration.create();
  if (instance.transaction === false) {
    throw refusal(options, {
      fault: 'forbidden',
      statement: null,
      reason: 'it asks to run outside a transaction; the row that announces it has to be committed with it [M1]',
      advice: 'remove `transaction = false`, and leave CONCURRENTLY out',
    });
  }
  const runner = source.createQueryRunner();
  const recording = new Recording(runner, options);
  try {
    await runner.startTransaction();
    await instance[direction](recording.proxy);
    await runner.commitTransaction();
    return recording.statements;
  } catch (error) {
    if (runner.isTransactionActive) await runner.rollbackTransaction();
    if (error instanceof MigrationError) throw error;
    throw refusal(options, {
      fault: 'failed',
      statement: recording.statements.at(-1)?.sql ?? null,
      reason: `its ${direction} fails: ${errorText(error)}`,
      advice: 'mend the migration',
      cause: error,
    });
  } finally {
    await runner.release();
  }
}

/** TypeORM's own query runner, with a pen: all writes of its API go through `executeQueries`, and everything else through `query` of the proxy. */
class Recording {
  readonly statements: RecordedStatement[] = [];
  readonly proxy: QueryRunner;
  readonly #runner: QueryRunner;
  readonly #options: RecordOptions;
  readonly #run: RunSql;

  constructor(runner: QueryRunner, options: RecordOptions) {
    this.#runner = runner;
    this.#options = options;
    this.#run = async <T>(sql: string, params: readonly unknown[] = []) =>
      (await runner.query(sql, [...params])) as readonly T[];
    const inner = runner as QueryRunner & { executeQueries: ExecuteQueries };
    inner.executeQueries = async (up) => {
      for (const { query, parameters } of [up].flat()) await this.#take(query, parameters);
    };
    this.proxy = this.#proxied();
  }

  #proxied(): QueryRunner {
    const query = (sql: string, params?: readonly unknown[], structured?: boolean) =>
      this.#take(sql, params, structured);
    const proxy: QueryRunner = new Proxy(this.#runner, {
      get: (target, property) => {
        if (property === 'query') return query;
        if (property === 'manager') return manager();
        if (typeof property === 'string' && FORBIDDEN.has(property)) return () => this.#forbid(property);
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    const manager = (): EntityManager => new EntityManager(this.#options.source, proxy);
    return proxy;
  }

  /** `structured`: how TypeORM's query builders want the answer. */
  async #take(sql: string, params: readonly unknown[] = [], structured = false): Promise<unknown> {
    const statements = await this.#split(sql);
    if (params.length > 0 && statements.length !== 1) {
      throw this.#refuse('forbidden', sql, {
        reason: 'a statement with parameters has to stand alone',
        advice: 'split it',
      });
    }
    let result: unknown;
    for (const statement of statements) {
      this.statements.push({ sql: statement.sql, params: params.map((param) => this.#param(param, sql)) });
      result = await this.#execute(statement, params, structured);
      await this.#options.observe?.(statement, this.#run);
    }
    return result;
  }

  async #execute({ sql }: Statement, params: readonly unknown[], structured: boolean): Promise<unknown> {
    const values = params.length > 0 ? [...params] : undefined;
    try {
      return structured
        ? await this.#runner.query(sql, values, true)
        : ((await this.#runner.query(sql, values)) as unknown);
    } catch (error) {
      throw this.#refuse('failed', sql, {
        reason: `Postgres says: ${errorText(error)}`,
        advice: 'mend the statement',
        cause: error,
      });
    }
  }

  async #split(sql: string): Promise<readonly Statement[]> {
    try {
      return await splitStatements(sql);
    } catch (error) {
      throw this.#refuse('syntax', sql, { reason: errorText(error), advice: 'mend the statement', cause: error });
    }
  }

  #param(value: unknown, sql: string): RecordedParam {
    if (value === null || value === undefined) return null;
    if (value instanceof Date) return value.toISOString();
    if (typeof value === 'bigint') return value.toString();
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
    const isJson = typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);
    if (isJson) return JSON.stringify(value);
    const reason = 'a parameter of it is a list, or bytes, or nothing that Postgres knows';
    throw this.#refuse('forbidden', sql, { reason, advice: 'write the value into the statement' });
  }

  #forbid(method: string): never {
    const reason = `it calls ${method}(): ${FORBIDDEN.get(method)}`;
    throw this.#refuse('forbidden', null, { reason, advice: 'write out what it is to do' });
  }

  #refuse(
    fault: MigrationFault,
    statement: string | null,
    why: Pick<Refusal, 'reason' | 'advice' | 'cause'>,
  ): MigrationError {
    return refusal(this.#options, { fault, statement, ...why });
  }
}

type ExecuteQueries = (up: RecordedQuery | RecordedQuery[], down: unknown) => Promise<void>;
interface RecordedQuery {
  readonly query: string;
  readonly parameters?: readonly unknown[];
}

const TRANSACTIONS = 'the whole migration is one transaction [M1]';
const UNSEEN = 'what it does is not one list of statements for every database';
const FORBIDDEN: ReadonlyMap<string, string> = new Map([
  ['startTransaction', TRANSACTIONS],
  ['commitTransaction', TRANSACTIONS],
  ['rollbackTransaction', TRANSACTIONS],
  ['release', TRANSACTIONS],
  ['clearTable', UNSEEN],
  ['clearDatabase', UNSEEN],
  ['dropEnumTypes', UNSEEN],
  ['stream', UNSEEN],
]);

interface Refusal {
  readonly fault: MigrationFault;
  readonly statement: string | null;
  readonly reason: string;
  readonly advice: string;
  readonly cause?: unknown;
}

function refusal({ migration }: RecordOptions, { cause, ...details }: Refusal): MigrationError {
  return new MigrationError({ migration: migration.name, file: migration.file, ...details }, { cause });
}
