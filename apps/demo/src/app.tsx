import { MillraceProvider } from '@millrace/pglite-client/react';
import { useClientOf } from './session/use-client-of.js';
import { useSession } from './session/use-session.js';
import { SignIn } from './session/sign-in.js';
import { Shell } from './shell/shell.js';
import { Notice } from './ui/notice.js';

/** Nobody signed in: the list of users. Somebody: their database, and the billing app over it. */
export function App() {
  const session = useSession();
  const client = useClientOf(session.user);

  if (!session.user) return <SignIn onSignIn={session.signIn} />;
  if (client.state === 'failed') {
    return <Notice title="The local database could not be opened" detail={client.error.message} action={{ label: 'Sign out', run: session.signOut }} />;
  }
  if (client.state === 'opening') return <Notice title="Opening your database …" busy />;
  return (
    <MillraceProvider client={client.client}>
      <Shell user={session.user} onSignOut={session.signOut} />
    </MillraceProvider>
  );
}
