import { positionFromJson } from '@millrace/kernel';
import type { SchemaStep } from '@millrace/schema-compat';
import type { RowChange, SchemaChange, ServerMessage } from '@millrace/sync-protocol';
import type { ReceivedTransaction } from './received-transaction.js';

/** Frames of the open transaction, and the place to which all whole ones before it lead. */
export interface Assembly {
  readonly seq: bigint;
  readonly open: { readonly steps: readonly SchemaStep[]; readonly changes: readonly RowChange[] } | null;
}

export type Assembled =
  | { readonly kind: 'part'; readonly assembly: Assembly }
  | { readonly kind: 'whole'; readonly assembly: Assembly; readonly transaction: ReceivedTransaction }
  /** Something is missing or out of order: what has arrived cannot be continued (I4). */
  | { readonly kind: 'gap'; readonly reason: string };

/** A step that is part of a transaction; other `schema-change` frames stand between them. */
export type StepFrame = SchemaChange & { readonly fit: 'must-migrate' };

export type TransactionFrame = Extract<ServerMessage, { type: 'begin' | 'changes' | 'commit' }> | StepFrame;

export function isTransactionFrame(message: ServerMessage): message is TransactionFrame {
  if (message.type === 'schema-change') return message.fit === 'must-migrate';
  return message.type === 'begin' || message.type === 'changes' || message.type === 'commit';
}

/** The assembly of a client that stands at `seq`. */
export function assemblyAt(seq: bigint): Assembly {
  return { seq, open: null };
}

/** Takes one frame in. Nothing of a transaction is handed on before its commit (I5), and each must begin where the last one ended (I4). */
export function assemble(assembly: Assembly, frame: TransactionFrame): Assembled {
  switch (frame.type) {
    case 'begin':
      return begin(assembly, BigInt(frame.from));
    case 'changes':
      if (assembly.open === null) return { kind: 'gap', reason: 'changes outside a transaction' };
      return part(assembly, { ...assembly.open, changes: [...assembly.open.changes, ...frame.changes] });
    case 'schema-change':
      return schemaChange(assembly, frame);
    case 'commit': {
      if (assembly.open === null) return { kind: 'gap', reason: 'commit outside a transaction' };
      const position = positionFromJson(frame.position);
      if (position.seq < assembly.seq)
        return { kind: 'gap', reason: `commit at ${position.seq}, behind the cursor ${assembly.seq}` };
      const transaction = { position, ...assembly.open, ack: frame.mutation };
      return { kind: 'whole', assembly: assemblyAt(position.seq), transaction };
    }
  }
}

function begin(assembly: Assembly, from: bigint): Assembled {
  if (assembly.open !== null) return { kind: 'gap', reason: 'begin inside a transaction' };
  if (from !== assembly.seq)
    return { kind: 'gap', reason: `transaction continues ${from}, the cursor is ${assembly.seq}` };
  return part(assembly, { steps: [], changes: [] });
}

/** The changes of its transaction are told in the new schema, so that none may come before it [M1]. */
function schemaChange(assembly: Assembly, { migration, direction }: StepFrame): Assembled {
  const { open } = assembly;
  if (open === null) return { kind: 'gap', reason: 'a migration outside a transaction' };
  if (open.changes.length > 0) return { kind: 'gap', reason: 'a migration behind changes of its transaction' };
  return part(assembly, { steps: [...open.steps, { migration, direction }], changes: [] });
}

function part({ seq }: Assembly, open: Assembly['open']): Assembled {
  return { kind: 'part', assembly: { seq, open } };
}
