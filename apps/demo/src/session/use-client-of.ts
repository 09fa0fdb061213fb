import { schema, validators } from '@millrace/db';
import { createClient, type MillraceClient } from '@millrace/pglite-client/browser';
import type { DevUser } from '@millrace/sync-protocol';
import { useEffect, useState } from 'react';
import { signInAs } from './dev-sign-in.js';

declare global {
  /** The page's client, for the console and for tests. */
  var millrace: MillraceClient | undefined;
}

export type OpenedClient =
  | { readonly state: 'none' | 'opening' }
  | { readonly state: 'open'; readonly client: MillraceClient }
  | { readonly state: 'failed'; readonly error: Error };

/** Opens the database of a user, and closes it when another one signs in. */
export function useClientOf(user: DevUser | null): Exclude<OpenedClient, { state: 'none' }> {
  const [opened, setOpened] = useState<{ readonly user: DevUser; readonly result: OpenedClient } | null>(null);

  useEffect(() => {
    if (!user) return;
    let wanted = true;
    const opening = createClient({
      url: location.origin,
      principal: user.id,
      getToken: async () => (await signInAs(user.email)).token,
      schema,
      validators,
      storage: 'opfs',
    });
    opening.then(
      (client) => {
        if (!wanted) return;
        globalThis.millrace = client;
        setOpened({ user, result: { state: 'open', client } });
      },
      (error: Error) => wanted && setOpened({ user, result: { state: 'failed', error } }),
    );
    return () => {
      wanted = false;
      globalThis.millrace = undefined;
      opening.then((client) => client.close()).catch(() => undefined);
    };
  }, [user]);

  if (!opened || opened.user !== user || opened.result.state === 'none') return { state: 'opening' };
  return opened.result;
}
