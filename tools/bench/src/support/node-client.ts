import { schema, validators } from '@millrace/db';
import { createClient, type MillraceClient } from '@millrace/pglite-client';
import type { BenchContext } from '../core/bench.js';
import type { BenchStack } from './bench-stack.js';
import { signToken } from './tokens.js';

export interface NodeClient extends AsyncDisposable {
  readonly client: MillraceClient;
}

/** A client in this process, with its rows loaded; it ends with the bench at the latest. */
export async function openNodeClient(context: BenchContext, { stack }: BenchStack): Promise<NodeClient> {
  const client = await createClient({
    url: stack.url,
    getToken: () => signToken(stack.jwtSecret),
    schema,
    validators,
    storage: 'memory',
  });
  const opened = await context.own({ client, [Symbol.asyncDispose]: () => client.close() });
  await client.ready;
  return opened;
}
