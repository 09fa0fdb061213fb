import { SyncError } from '@millrace/kernel';
import { decodeJson, decodeServerMessages, encodeServerMessages } from '@millrace/sync-protocol';
import * as v from 'valibot';
import { corrupt } from './corrupt.js';
import { encodeFrame, type Frame } from './frames.js';
import type { SnapshotFailure, SnapshotPart } from './snapshot-part.js';

type AnyPart = SnapshotPart | SnapshotFailure;

const CODE = { header: 1, table: 2, rows: 3, 'table-end': 4, tail: 5, end: 6, error: 7 } as const;
const DESCRIPTION_CHARS = 1024 * 1024;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
const position = v.object({
  epoch: v.string(),
  seq: v.pipe(v.string(), v.regex(/^\d{1,20}$/)),
  chain: v.string(),
});
const headerSchema = v.object({ schemaVersion: name, position, tables: v.array(name) });
const tableSchema = v.object({ name, columns: v.pipe(v.array(name), v.minLength(1)), rowEstimate: count });
const tableEndSchema = v.object({ rows: count });
const endSchema = v.object({ position, rows: count });
const errorSchema = v.object({ code: name, message: v.string() });

export function encodePart(part: AnyPart): Uint8Array {
  return encodeFrame({ kind: CODE[part.kind], content: contentOf(part) });
}

/** Throws `snapshot-corrupt` if the frame is no part of a snapshot. */
export function decodePart(frame: Frame): AnyPart {
  try {
    return partOf(frame);
  } catch (cause) {
    if (cause instanceof SyncError && cause.code === 'snapshot-corrupt') throw cause;
    throw new SyncError('snapshot-corrupt', 'the snapshot does not add up: a part of another shape', { cause });
  }
}

function contentOf(part: AnyPart): Uint8Array {
  if (part.kind === 'rows') return part.bytes;
  if (part.kind === 'tail') return toBytes(encodeServerMessages(part.messages));
  const { kind: _kind, ...content } = part;
  return toBytes(JSON.stringify(content));
}

function partOf({ kind, content }: Frame): AnyPart {
  switch (kind) {
    case CODE.header:
      return { kind: 'header', ...describe(headerSchema, content) };
    case CODE.table:
      return { kind: 'table', ...describe(tableSchema, content) };
    case CODE.rows:
      return { kind: 'rows', bytes: content };
    case CODE['table-end']:
      return { kind: 'table-end', ...describe(tableEndSchema, content) };
    case CODE.tail:
      return { kind: 'tail', messages: decodeServerMessages(toText(content)) };
    case CODE.end:
      return { kind: 'end', ...describe(endSchema, content) };
    case CODE.error:
      return { kind: 'error', ...describe(errorSchema, content) };
    default:
      throw corrupt(`a part of unknown kind ${kind}`);
  }
}

function describe<Schema extends v.GenericSchema>(schema: Schema, content: Uint8Array): v.InferOutput<Schema> {
  return decodeJson(schema, toText(content), DESCRIPTION_CHARS);
}

function toBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function toText(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}
