import { Dashboard } from './dashboard.js';
import { TokenForm } from './session/token-form.js';
import { useAdminToken } from './session/use-admin-token.js';

/** `given`: the token that the page was opened with. */
export function App({ given }: { readonly given: string | null }) {
  const { token, enter, forget } = useAdminToken(given);
  if (!token) return <TokenForm problem={null} onEnter={enter} />;
  return <Dashboard key={token} token={token} enter={enter} forget={forget} />;
}
