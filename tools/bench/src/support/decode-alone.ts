import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { machineNow } from '../core/machine-clock.js';
import type { BenchStack } from './bench-stack.js';
import { openCommitStream } from './commit-stream.js';
import { findProgram } from './find-program.js';

/** How fast Postgres hands out its own WAL, decoded. */
export interface DecodeAlone {
  readonly seconds: number;
  /** With what it was read. */
  readonly by: string;
}

/**
 * Reads everything of a slot that lies before now, and throws it away: by `pg_recvlogical`, or, where there is none, by our reader without a
 * store behind it.
 */
export async function decodeAlone(bench: BenchStack, slot: string, transactions: number): Promise<DecodeAlone> {
  const program = findProgram('pg_recvlogical');
  return program === null ? readByStream(bench, slot, transactions) : readByProgram(bench, slot, program);
}

export async function createSlot({ source }: BenchStack, slot: string): Promise<void> {
  await source.rows(`select pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
}

async function readByProgram({ stack, source }: BenchStack, slot: string, program: string): Promise<DecodeAlone> {
  const [row] = await source.rows('select pg_current_wal_lsn() as lsn');
  const began = machineNow();
  await promisify(execFile)(program, [
    ...['-d', stack.databaseUrl, '--slot', slot, '--start', '--no-loop', '-f', '/dev/null'],
    ...['-o', 'proto_version=1', '-o', 'publication_names=millrace', '--endpos', row?.['lsn'] ?? ''],
  ]);
  return { seconds: (machineNow() - began) / 1000, by: 'pg_recvlogical' };
}

async function readByStream({ stack }: BenchStack, slot: string, transactions: number): Promise<DecodeAlone> {
  const began = machineNow();
  await using stream = await openCommitStream(stack.databaseUrl, slot, { existing: true });
  await stream.arrived(transactions);
  return { seconds: (machineNow() - began) / 1000, by: 'a stream read in Node and thrown away' };
}
