import { SyncError } from '@millrace/kernel';
import { decodeValue } from '@millrace/sync-protocol';
import type { GenericSchema, InferOutput } from 'valibot';

/** Reads a JSON body of at most `maxBytes`, counted while it arrives: a declared length is only a claim (X18). */
export async function readJson<Schema extends GenericSchema>(
  request: Request,
  schema: Schema,
  maxBytes: number,
): Promise<InferOutput<Schema>> {
  const text = await readText(request, maxBytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SyncError('invalid-message', 'the body is not JSON', { cause });
  }
  return decodeValue(schema, value);
}

async function readText(request: Request, maxBytes: number): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  let text = '';
  let bytes = 0;
  try {
    for await (const chunk of request.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    if (error instanceof SyncError) throw error;
    throw new SyncError('invalid-message', 'the body is not UTF-8 text', { cause: error });
  }
}

function tooLarge(maxBytes: number): SyncError {
  return new SyncError('limit-exceeded', `the body is larger than ${maxBytes} bytes`);
}
