import { createClient, type ClientPorts, type MillraceClient } from '@millrace/pglite-client';
import { migrateEngine } from '@millrace/migrations-server';
import { startStack, type Stack, type StartStackOptions } from '@millrace/testing-harness';
import { fileURLToPath } from 'node:url';
import { FIXTURE_DDL } from '../fixture/fixture-ddl.js';
import { fixtureSchema } from '../fixture/fixture-schema.js';
import { fixtureValidators } from '../fixture/fixture-validators.js';
import { openSource, type Source } from './source.js';
import { signToken } from './tokens.js';

/** A Worker over the fixture tables, its source, and clients of it in this process. */
export interface FixtureStack extends AsyncDisposable {
  readonly stack: Stack;
  readonly source: Source;
  /** A client in memory, ready; closed with the stack. */
  client(tenantId: string, sub?: string, ports?: ClientPorts): Promise<MillraceClient>;
}

export async function startFixtureStack(
  options: Pick<StartStackOptions, 'reader' | 'env' | 'restart' | 'serverUrl'> = {},
): Promise<FixtureStack> {
  const resources = new AsyncDisposableStack();
  const stack = resources.use(
    await startStack({
      ...options,
      entry: fileURLToPath(new URL('../../worker/index.ts', import.meta.url)),
      migrate: async (url) => {
        await migrateEngine({ url });
        await using source = await openSource(url);
        await source.run(FIXTURE_DDL);
      },
    }),
  );
  const source = resources.use(await openSource(stack.databaseUrl));
  return {
    stack,
    source,
    client: async (tenantId, sub = `user-of-${tenantId}`, ports = {}) => {
      const client = await createClient(
        {
          url: stack.url,
          getToken: () => signToken(stack.jwtSecret, { sub, tenantId }),
          schema: fixtureSchema,
          validators: fixtureValidators,
          storage: 'memory',
        },
        ports,
      );
      resources.defer(() => client.close());
      await client.ready;
      return client;
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
