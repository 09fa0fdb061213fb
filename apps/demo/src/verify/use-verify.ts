import { useClient, type VerifyReport } from '@millrace/pglite-client/react';
import { useState } from 'react';

export type Verification =
  | { readonly state: 'idle' }
  | { readonly state: 'running' }
  | { readonly state: 'done'; readonly report: VerifyReport }
  | { readonly state: 'failed'; readonly message: string };

/** The last comparison with the server, and a way to begin one. */
export function useVerify(): readonly [Verification, () => void] {
  const client = useClient();
  const [verification, setVerification] = useState<Verification>({ state: 'idle' });
  const verify = () => {
    setVerification({ state: 'running' });
    client.verify().then(
      (report) => setVerification({ state: 'done', report }),
      (error: Error) => setVerification({ state: 'failed', message: error.message }),
    );
  };
  return [verification, verify];
}
