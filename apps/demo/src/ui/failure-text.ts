import { errorText } from '@millrace/kernel';
import { InvalidWriteError } from '@millrace/pglite-client/browser';

/** Why a local write failed, for people. Validators speak of properties: `dueAt must not be …` becomes "Due at must not be …". */
export function failureText(failure: unknown): string {
  if (!(failure instanceof InvalidWriteError)) return errorText(failure);
  const messages = failure.invalid.flatMap(({ issues }) => issues.map(({ message }) => sentence(message)));
  return messages.join('. ') || failure.message;
}

function sentence(message: string): string {
  const words = message.replace(/\b[a-z]+(?:[A-Z][a-z]+)+\b/g, (name) =>
    name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
  );
  return words.charAt(0).toUpperCase() + words.slice(1);
}
