import { errorText, SyncError } from '@millrace/kernel';
import { schemaAfter, type SchemaStep } from '@millrace/schema-compat';
import type { HydrationPorts } from './hydration-ports.js';

type AdoptPorts = Pick<HydrationPorts, 'store' | 'transport' | 'token' | 'appVersion' | 'logger'>;

/**
 * Makes the tables those of the schema in force: by its steps, which keep the rows that are here readable, or, where none are known or one fails, by making
 * them anew. `if-it-fits`: else everything stays, without an error. Throws `schema-unknown` if the app has to be updated first; then nothing has changed.
 */
export async function adoptSchema(ports: AdoptPorts, signal: AbortSignal, how: 'must' | 'if-it-fits'): Promise<void> {
  const { store, transport, token, appVersion, logger } = ports;
  const here = store.schema().version;
  const { schema, inForce, fit } = await transport.schema({ tables: here, app: appVersion }, await token(), signal);
  const fits = fit !== 'must-update-app' && fit !== 'translate' && schema.version !== here;
  if (!fits && how === 'if-it-fits') return;
  if (fit === 'must-update-app')
    throw new SyncError(
      'schema-unknown',
      `The server's schema ${inForce} needs a newer app than this one, which was built with ${appVersion}: load it again.`,
    );
  if (!fits)
    throw new SyncError('snapshot-failed', `the server did not tell its rows in schema ${here}, which it knows`);
  logger.info('adopting a schema', { from: here, to: schema.version, fit });
  const { position } = await store.summary();
  if (fit === 'must-migrate' && position !== null) await takeSteps(ports, { here, to: schema.version, signal });
  if (store.schema().version !== schema.version) await store.adopt(schema);
}

async function takeSteps(
  { store, transport, token, logger }: AdoptPorts,
  { here, to, signal }: { readonly here: string; readonly to: string; readonly signal: AbortSignal },
): Promise<void> {
  const answer = await transport.migrations(here, await token(), signal);
  if (answer.state === 'unknown' || !leadTo(answer.steps, to)) return;
  try {
    for (const step of answer.steps) await store.migrate(step, { byApp: false });
  } catch (error) {
    logger.warn('a migration failed: the tables are made anew', { error: errorText(error) });
  }
}

function leadTo(steps: readonly SchemaStep[], version: string): boolean {
  const last = steps.at(-1);
  return last !== undefined && schemaAfter(last).version === version;
}
