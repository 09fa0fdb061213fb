import { useState } from 'react';
import { failureText } from './failure-text.js';

/** Runs the local writes of a form: calls `onSaved` when they are in, tells why when the local database refused them. */
export function useSave(onSaved: () => void) {
  const [error, setError] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);
  const save = async (write: () => Promise<unknown>) => {
    setError(null);
    setSaving(true);
    try {
      await write();
      onSaved();
    } catch (failure) {
      setError(failureText(failure));
    } finally {
      setSaving(false);
    }
  };
  return { error, saving, save };
}
