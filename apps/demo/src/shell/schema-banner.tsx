import { useMigrations } from '@millrace/pglite-client/react';
import { Database } from 'lucide-react';
import { useState } from 'react';
import { describeSchema } from './describe-schema.js';

/** A migration that this page has not taken, and what a person can do about it. */
export function SchemaBanner() {
  const migrations = useMigrations();
  const [refused, setRefused] = useState<string | null>(null);
  const words = describeSchema(migrations);
  if (words === null) return null;
  const { kind, name, text } = words;
  const letIn = (wanted: string) => {
    setRefused(null);
    migrations.applyMigration(wanted).catch((error: Error) => setRefused(error.message));
  };
  return (
    <p className="banner" role="alert" data-schema-banner={kind}>
      <Database size={16} aria-hidden="true" /> {text}
      {refused !== null && <span className="muted">{refused}</span>}
      {name === null ? (
        <button type="button" onClick={() => location.reload()}>
          Load the page again
        </button>
      ) : (
        <button type="button" onClick={() => letIn(name)}>
          {kind === 'failed' ? 'Try again' : 'Take it now'}
        </button>
      )}
    </p>
  );
}
