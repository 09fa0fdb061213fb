import { SyncError, type Clock, type Logger, type Row } from '@millrace/kernel';
import { runClient, type RunningClient, type Transport } from '@millrace/pglite-client';
import {
  fakeClientStore,
  fakeDatabase,
  type FakeClientStore,
  type FakeDatabase,
  type LocalWrite,
} from '@millrace/pglite-client/testing';
import type { SchemaMeta } from '@millrace/schema-meta';
import { recordingLogger, type SeededRandom } from '@millrace/testing';
import { fakeDigest } from '../fake-digest.js';
import { newest } from '../schema.js';
import { makeToken } from '../token.js';
import { Countdown } from './countdown.js';
import { diskFiles } from './disk-files.js';
import { processClock, type ProcessClock } from './process-clock.js';

export interface ClientHostOptions {
  readonly clientId: string;
  readonly tenantId: string;
  /** Schema of the app that it begins with. */
  readonly app: SchemaMeta;
  readonly clock: Clock;
  readonly random: SeededRandom;
  /** The way to the server of one process of this client. */
  readonly transport: (host: ClientHost, clock: Clock) => Transport;
  /** Takes a deliberate breakage in between; else the store itself. */
  readonly wrapStore: (store: FakeClientStore) => FakeClientStore;
  readonly onHydrate: (host: ClientHost, cause: string) => void;
}

interface Process {
  readonly clock: ProcessClock;
  readonly store: FakeClientStore;
  client: RunningClient | null;
}

const TOKEN_SECONDS = 60;

/** One client: a database that lasts, and a process that may die at any moment. */
export class ClientHost {
  readonly clientId: string;
  readonly tenantId: string;
  readonly sub: string;
  readonly database: FakeDatabase;
  /** txIds of local transactions that were reported as done to the app (I2). */
  readonly written = new Set<string>();
  private app: SchemaMeta;
  private process: Process | null = null;
  private wanted = true;
  private readonly commits = new Countdown();
  private readonly files = new Countdown();
  private readonly disk = new Map<string, Uint8Array<ArrayBuffer>>();

  private readonly options: ClientHostOptions;

  constructor(options: ClientHostOptions) {
    this.options = options;
    this.clientId = options.clientId;
    this.tenantId = options.tenantId;
    this.sub = `user of ${options.clientId}`;
    this.app = options.app;
    this.database = fakeDatabase(options.app, options.clientId);
  }

  start(): void {
    const { clock, random, transport, wrapStore } = this.options;
    if (this.process) return;
    const own = processClock(clock);
    const store = wrapStore(fakeClientStore(this.database, { random, pause: () => this.beforeCommit(own) }));
    const process: Process = (this.process = { clock: own, store, client: null });
    void runClient({
      store,
      transport: transport(this, own),
      getToken: () => Promise.resolve(this.token()),
      schema: this.app,
      keepFrom: 0, // the rows here are few, and what a crash leaves of them is to be found
      files: diskFiles({ disk: this.disk, clock: own, random, onWrite: () => this.files.tick() }),
      digest: (bytes) => Promise.resolve(fakeDigest(bytes)),
      clock: own,
      random,
      logger: this.logger(),
      connect: this.wanted,
    }).then((client) => {
      process.client = client;
      if (this.wanted) client.connect();
      else client.disconnect();
    });
  }

  /** The page is loaded again, with the newest app. False if it has it. */
  updateApp(): boolean {
    if (this.app === newest) return false;
    this.app = newest;
    return true;
  }

  /** The process ends between any two steps. */
  crash(): void {
    this.process?.store.crash();
    this.process?.clock.kill();
    this.process = null;
  }

  /** The process will end right before its store commits for the `commits`-th time from now. `crashed` hears of it. */
  crashAtCommit(commits: number, crashed: () => void): void {
    this.commits.set(commits, () => this.crashAnd(crashed));
  }

  /** The process will end in the midst of the `writes`-th file that it writes from now: while it downloads. */
  crashAtFile(writes: number, crashed: () => void): void {
    this.files.set(writes, () => this.crashAnd(crashed));
  }

  private crashAnd(crashed: () => void): void {
    this.crash();
    crashed();
  }

  /** A bit flips in a base row: nobody is told. False if there is nothing to spoil. */
  spoilRow(): boolean {
    const { content } = this.database;
    const notes = content.base.get('notes') ?? new Map<string, Row>();
    const [key, row] = [...notes][this.options.random.int(Math.max(1, notes.size))] ?? [];
    if (key === undefined || row === undefined || content.position === null) return false;
    const spoilt = new Map(notes).set(key, { ...row, body: `spoilt ${row['body'] ?? ''}` });
    this.database.content = { ...content, base: new Map(content.base).set('notes', spoilt) };
    return true;
  }

  get running(): boolean {
    return this.process !== null;
  }

  get client(): RunningClient | null {
    return this.process?.client ?? null;
  }

  setWanted(wanted: boolean): void {
    this.wanted = wanted;
    if (wanted) this.client?.connect();
    else this.client?.disconnect();
  }

  /** What a query shows; null while the app does not run. */
  rows(table: string): readonly Row[] | null {
    return this.process?.store.rows(table) ?? null;
  }

  /** One local transaction. It fails like any statement if the rows are not (any more) as the app thought. */
  write(writes: readonly LocalWrite[]): void {
    this.process?.store.write(writes).then(
      (txId) => txId !== null && this.written.add(txId),
      (error: unknown) => {
        if (!(error instanceof SyncError)) throw error;
      },
    );
  }

  private async beforeCommit(clock: Clock): Promise<void> {
    await clock.sleep(this.options.random.int(4));
    this.commits.tick();
  }

  private token(): string {
    const iat = Math.floor(this.options.clock.now() / 1000);
    return makeToken({ sub: this.sub, tenantId: this.tenantId, role: 'member', iat, exp: iat + TOKEN_SECONDS });
  }

  private logger(): Logger {
    const hear = (message: string, fields: { readonly cause?: unknown } = {}) => {
      if (message === 'hydrating') this.options.onHydrate(this, String(fields.cause));
    };
    return { ...recordingLogger(), info: hear };
  }
}
