import { MillraceProvider } from '@millrace/pglite-client/react';
import { useState } from 'react';
import { Opening } from './loading/opening.js';
import { SignIn } from './session/sign-in.js';
import { useClientOf, type Storage } from './session/use-client-of.js';
import { useSession } from './session/use-session.js';
import { Shell } from './shell/shell.js';
import { Notice } from './ui/notice.js';

/** Nobody signed in: the list of users. Somebody: their database, and the billing app over it. */
export function App() {
  const { user, signIn, signOut } = useSession();
  const [storage, setStorage] = useState<Storage>('opfs');
  const opened = useClientOf(user, storage);

  if (!user) return <SignIn onSignIn={signIn} />;
  if (opened.state === 'opening') return <Opening onReload={() => location.reload()} />;
  if (opened.state === 'failed') {
    const inMemory = { label: 'Go on without keeping anything', run: () => setStorage('memory') };
    const again = { label: 'Try again', run: () => location.reload() };
    const out = { label: 'Sign out', run: signOut };
    return (
      <Notice
        title="The local database could not be opened"
        detail={opened.error.message}
        actions={storage === 'opfs' ? [again, inMemory, out] : [again, out]}
      />
    );
  }
  return (
    <MillraceProvider client={opened.client}>
      <Shell user={user} onSignOut={signOut} />
    </MillraceProvider>
  );
}
