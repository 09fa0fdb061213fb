import { KeyRound } from 'lucide-react';
import { useState, type FormEvent } from 'react';

export interface TokenFormProps {
  /** Why the last one was not taken. */
  readonly problem: string | null;
  readonly onEnter: (token: string) => void;
}

/** Nobody sees the figures without the operator's token. */
export function TokenForm({ problem, onEnter }: TokenFormProps) {
  const [token, setToken] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim()) onEnter(token.trim());
  };
  return (
    <main className="gate">
      <form className="panel" onSubmit={submit}>
        <h1>
          <KeyRound size={20} aria-hidden="true" /> Millrace admin
        </h1>
        <p className="muted">
          <code>npm start</code> prints a link with the token. A deployed Worker has it as{' '}
          <code>MILLRACE_ADMIN_TOKEN</code>.
        </p>
        <label>
          <span>Admin token</span>
          <input
            type="password"
            autoComplete="off"
            autoFocus
            value={token}
            aria-invalid={problem !== null}
            aria-describedby={problem ? 'token-problem' : undefined}
            onChange={(event) => setToken(event.target.value)}
          />
        </label>
        {problem && (
          <p id="token-problem" className="bad" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" className="primary" disabled={token.trim() === ''}>
          Show the dashboard
        </button>
      </form>
    </main>
  );
}
