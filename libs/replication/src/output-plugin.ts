import type { SqlConnection } from '@millrace/kernel';
import type { Decoder, DecoderOptions } from './decoder.js';
import { pgoutputPlugin } from './pgoutput/plugin.js';
import type { SchemaInForce } from './schema-in-force.js';
import { openWal2json } from './wal2json/plugin.js';

export type DecoderName = 'pgoutput' | 'wal2json';

/** An output plug-in of Postgres, as readers need it [C2]. */
export interface OutputPlugin {
  /** Of START_REPLICATION and of a peek alike. */
  readonly options: Readonly<Record<string, string>>;
  /** How a peek fetches its messages: Postgres hands over those of a binary plug-in by another function. */
  readonly output: 'binary' | 'text';
  /** A message holds at most an old and a new row. A larger one is not even fetched by a peek [C6]. */
  readonly messageBytes: number;
  /** A decoder of one replication session, or of one peek: each is told anew what it has to know. It begins with the schema in force then. */
  newDecoder(): Decoder;
}

export interface OutputPluginOptions extends Omit<DecoderOptions, 'schema'> {
  readonly inForce: Readonly<SchemaInForce>;
  /** Of every version that the database has had: what is captured in any of them has to be in the stream [C1]. */
  readonly tables: ReadonlySet<string>;
  readonly decoder: DecoderName;
  readonly slot: string;
  readonly publication: string;
}

/** The plug-in that the slot was made with, asked on this server for what it can do. The slot must not be in use. */
export async function openOutputPlugin(sql: SqlConnection, options: OutputPluginOptions): Promise<OutputPlugin> {
  return options.decoder === 'wal2json' ? openWal2json(sql, options) : pgoutputPlugin(options);
}
