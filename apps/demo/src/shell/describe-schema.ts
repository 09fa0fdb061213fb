import type { SchemaStatus } from '@millrace/pglite-client/react';

/** What the schema asks of a person. `update`: the app has to be loaded again. `let-in`: a migration waits for a word. */
export interface SchemaWords {
  readonly kind: 'update' | 'let-in' | 'failed';
  readonly text: string;
  /** The migration that it is about; null: the app as a whole. */
  readonly name: string | null;
}

/** Null: nothing. */
export function describeSchema({ fit, app, inForce, pending }: SchemaStatus): SchemaWords | null {
  const failed = pending.find(({ reason }) => reason === 'failed');
  if (failed) {
    const times = failed.retryCount === 1 ? 'once' : `${failed.retryCount} times`;
    return {
      kind: 'failed',
      name: failed.name,
      text: `The database could not be brought to schema ${failed.version} (tried ${times}): ${failed.error}`,
    };
  }
  if (fit === 'must-update-app') {
    const wanted = pending.find(({ reason }) => reason === 'breaking')?.version ?? inForce;
    return {
      kind: 'update',
      name: null,
      text: `This page was built with schema ${app}, and the server has gone on to ${wanted ?? 'a later one'}. Nothing new is shown here until the page is loaded again; what you write is kept and sent.`,
    };
  }
  const [waiting] = pending;
  if (!waiting) return null;
  return { kind: 'let-in', name: waiting.name, text: `A change of the database to schema ${waiting.version} waits.` };
}
