import { errorText } from '@millrace/kernel';
import { useState } from 'react';

/** Runs local writes of a form: closes it when they are in, shows why when they were refused. */
export function useSave(onSaved: () => void) {
  const [error, setError] = useState<string | null>(null);
  const save = async (write: () => Promise<unknown>) => {
    try {
      await write();
      onSaved();
    } catch (failure) {
      setError(errorText(failure));
    }
  };
  return { error, save };
}
