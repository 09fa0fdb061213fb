import { schema, validators } from '@millrace/db';
import { systemClock } from '@millrace/kernel';
import { createClient, type MillraceClient } from '@millrace/pglite-client/browser';
import type { DevUser } from '@millrace/sync-protocol';
import { useEffect, useState } from 'react';
import { signInAs } from './dev-sign-in.js';
import { tokenSource } from './token-source.js';

declare global {
  /** The page's client, for the console and for tests. */
  var millrace: MillraceClient | undefined;
}

/** Where the rows are kept: by the browser, or in memory until the page is closed. */
export type Storage = 'opfs' | 'memory';

export type OpenedClient =
  | { readonly state: 'opening' }
  | { readonly state: 'open'; readonly client: MillraceClient }
  | { readonly state: 'failed'; readonly error: Error };

const OPENING: OpenedClient = { state: 'opening' };

/** A database is closed before the next one is opened: the same user's would find its place taken. */
let closing: Promise<void> = Promise.resolve();

/** Opens the database of a user, and closes it when another one signs in. */
export function useClientOf(user: DevUser | null, storage: Storage): OpenedClient {
  const [opened, setOpened] = useState<{
    readonly of: DevUser;
    readonly storage: Storage;
    readonly result: OpenedClient;
  } | null>(null);

  useEffect(() => {
    if (!user) return;
    let wanted = true;
    const show = (result: OpenedClient) => wanted && setOpened({ of: user, storage, result });
    const opening = closing.then(() => (wanted ? openClient(user, storage) : null));
    opening.then(
      (client) => {
        if (!wanted || !client) return;
        globalThis.millrace = client;
        show({ state: 'open', client });
      },
      (error: Error) => show({ state: 'failed', error }),
    );
    return () => {
      wanted = false;
      globalThis.millrace = undefined;
      closing = opening.then((client) => client?.close()).catch(() => undefined);
    };
  }, [user, storage]);

  return opened?.of === user && opened?.storage === storage ? opened.result : OPENING;
}

function openClient(user: DevUser, storage: Storage): Promise<MillraceClient> {
  return createClient({
    url: location.origin,
    principal: user.id,
    getToken: tokenSource(async () => (await signInAs(user.email)).token, systemClock),
    schema,
    validators,
    storage,
  });
}
