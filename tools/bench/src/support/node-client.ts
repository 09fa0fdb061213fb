import { schema, validators } from '@millrace/db';
import { createClient, type MillraceClient } from '@millrace/pglite-client';
import type { BenchContext } from '../core/bench.js';
import { machineNow } from '../core/machine-clock.js';
import type { BenchStack } from './bench-stack.js';
import { signToken } from './tokens.js';

export interface NodeClient extends AsyncDisposable {
  readonly client: MillraceClient;
  /** From nothing to an open database; and from then on until its rows are there. */
  readonly seconds: { readonly open: number; readonly hydrate: number };
}

/** A client in this process, with its rows loaded; it ends with the bench at the latest. */
export async function openNodeClient(context: BenchContext, { stack }: BenchStack): Promise<NodeClient> {
  const began = machineNow();
  const client = await createClient({
    url: stack.url,
    getToken: () => signToken(stack.jwtSecret),
    schema,
    validators,
    storage: 'memory',
    connect: false,
  });
  const openedAt = machineNow();
  const closing = await context.own({ [Symbol.asyncDispose]: () => client.close() });
  client.connect();
  await client.ready;
  return {
    client,
    seconds: { open: (openedAt - began) / 1000, hydrate: (machineNow() - openedAt) / 1000 },
    [Symbol.asyncDispose]: () => closing[Symbol.asyncDispose](),
  };
}
