import { SyncError } from '@millrace/kernel';
import * as v from 'valibot';

/** Parses text that came from outside: length first, then JSON, then shape. Anything wrong is one named error, never half a value. */
export function decodeJson<Schema extends v.GenericSchema>(
  schema: Schema,
  text: string,
  maxChars: number,
): v.InferOutput<Schema> {
  if (text.length > maxChars)
    throw new SyncError('limit-exceeded', `message of ${text.length} characters, ${maxChars} are allowed`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SyncError('invalid-message', 'message is not JSON', { cause });
  }
  return decodeValue(schema, value);
}

/** Checks the shape of a value that came from outside. The error names the place, not the content. */
export function decodeValue<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  const place = v.getDotPath(issue) ?? 'message';
  const wrong = isMissingKey(issue) ? 'is missing' : `expected ${issue.expected ?? issue.type}`;
  throw new SyncError('invalid-message', `${place}: ${wrong}`.slice(0, 300));
}

/** valibot says of an absent key that its name was expected. */
function isMissingKey({ path, expected, received }: v.BaseIssue<unknown>): boolean {
  return received === 'undefined' && expected === JSON.stringify(path?.at(-1)?.key);
}
