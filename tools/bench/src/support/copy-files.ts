import { connectPg } from '@millrace/postgres';
import { quoteIdent, type ColumnMeta } from '@millrace/schema-meta';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BenchContext } from '../core/bench.js';
import type { RawTable } from '../page/page-api.js';
import type { BenchStack } from './bench-stack.js';
import { columnList, createTableSql, tableOf } from './table-sql.js';

/** As many rows to a file as a chunk of a snapshot has. */
const ROWS_PER_FILE = 15_000;
/** Signature, flags, length of the extension: what every binary COPY file begins with. */
const HEADER = Buffer.from('PGCOPY\n\u00ff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TRAILER = Buffer.from([0xff, 0xff]);

/** Binary COPY files, made by Postgres and served to the page by a server of their own. */
export interface CopyFiles extends AsyncDisposable {
  readonly table: RawTable;
  readonly rawBytes: number;
}

/** The rows of a table in the order in which they lie, as a snapshot reads them. */
export async function makeCopyFiles(context: BenchContext, { stack }: BenchStack, name: string): Promise<CopyFiles> {
  const sql = await connectPg({ connectionString: stack.databaseUrl, applicationName: 'bench-copy' });
  const files: Buffer[] = [];
  try {
    const query = `copy (select ${tableOf(name).columns.map(replicaValue).join(', ')} from ${name}) to stdout (format binary)`;
    for await (const file of cutIntoFiles(sql.copyOut(query))) files.push(file);
  } finally {
    await sql.close();
  }
  const server = await serve(files);
  const resource = await context.own({ [Symbol.asyncDispose]: server.close });
  return {
    table: {
      ddl: `drop table if exists ${name}; ${createTableSql(name)}`,
      copy: `copy ${name} (${columnList(name)}) from '/dev/blob' (format binary, freeze)`,
      files: server.urls,
    },
    rawBytes: files.reduce((sum, { length }) => sum + length, 0),
    [Symbol.asyncDispose]: () => resource[Symbol.asyncDispose](),
  };
}

/** A replica knows neither the server's enums nor its domains: they travel as text. */
function replicaValue({ name, type, clientType }: ColumnMeta): string {
  return clientType === type ? quoteIdent(name) : `${quoteIdent(name)}::${clientType}`;
}

/** Each a whole COPY file: rows are counted by walking their fields. */
async function* cutIntoFiles(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let started = false;
  let rows = 0;
  let kept: Buffer[] = [];
  for await (const block of blocks) {
    rest = Buffer.concat([rest, block]);
    if (!started) {
      if (rest.length < HEADER.length) continue;
      rest = rest.subarray(HEADER.length);
      started = true;
    }
    let from = 0;
    let at = 0;
    for (let end = endOfRow(rest, at); end !== null; end = endOfRow(rest, at)) {
      at = end;
      rows += 1;
      if (rows % ROWS_PER_FILE !== 0) continue;
      yield Buffer.concat([HEADER, ...kept, rest.subarray(from, at), TRAILER]);
      kept = [];
      from = at;
    }
    if (at > from) kept.push(Buffer.from(rest.subarray(from, at)));
    rest = rest.subarray(at);
  }
  if (kept.length > 0) yield Buffer.concat([HEADER, ...kept, TRAILER]);
}

/** Null: the row is not all there, or this is the trailer. */
function endOfRow(bytes: Buffer, start: number): number | null {
  if (start + 2 > bytes.length) return null;
  const fields = bytes.readInt16BE(start);
  if (fields < 0) return null;
  let at = start + 2;
  for (let field = 0; field < fields; field++) {
    if (at + 4 > bytes.length) return null;
    at += 4 + Math.max(0, bytes.readInt32BE(at));
  }
  return at <= bytes.length ? at : null;
}

async function serve(files: readonly Buffer[]): Promise<{ urls: readonly string[]; close: () => Promise<void> }> {
  const secret = randomUUID();
  const server = createServer((request, response) => {
    const file = files[Number(request.url?.slice(secret.length + 2))];
    response.writeHead(file ? 200 : 404, { 'access-control-allow-origin': '*' }).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    urls: files.map((_file, index) => `http://127.0.0.1:${port}/${secret}/${index}`),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
