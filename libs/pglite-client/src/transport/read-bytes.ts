import { SyncError, type Clock } from '@millrace/kernel';

export interface ReadBytesOptions {
  readonly clock: Clock;
  readonly silenceMs: number;
  /** Aborted when the body falls silent. */
  readonly abort: AbortController;
}

/** The body of a response, part by part. A body that breaks off or falls silent throws `network` or `timeout`: no reader waits for ever (I9). */
export async function* readBytes(
  response: Response,
  { clock, silenceMs, abort }: ReadBytesOptions,
): AsyncGenerator<Uint8Array> {
  if (!response.body) throw new SyncError('network', 'the answer of the server has no body');
  const reader = response.body.getReader();
  try {
    for (;;) {
      const stop = clock.after(silenceMs, () => abort.abort(new SyncError('timeout', 'the server fell silent')));
      const next = await reader.read().finally(stop);
      if (next.done) return;
      yield next.value;
    }
  } catch (cause) {
    const reason: unknown = abort.signal.reason;
    if (abort.signal.aborted && reason instanceof SyncError) throw reason;
    throw new SyncError('network', 'the answer of the server broke off', { cause });
  } finally {
    await reader.cancel().catch(() => undefined); // it has ended, or has failed, which was reported
  }
}

/** All parts in one piece. More than `maxBytes` throws `snapshot-corrupt` without reading on. */
export async function readWhole(parts: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(maxBytes);
  let length = 0;
  for await (const part of parts) {
    if (length + part.length > maxBytes)
      throw new SyncError('snapshot-corrupt', `more than the ${maxBytes} bytes announced`);
    whole.set(part, length);
    length += part.length;
  }
  return whole.subarray(0, length);
}

/** Lines of UTF-8 text. One of more than `maxChars` throws `limit-exceeded`: memory stays bounded, whatever comes (I11). */
export async function* readLines(parts: AsyncIterable<Uint8Array>, maxChars: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const part of parts) {
    const [first = '', ...lines] = decoder.decode(part, { stream: true }).split('\n');
    rest += first;
    if (lines.length > 0) lines.unshift(rest);
    rest = lines.pop() ?? rest;
    for (const line of lines) if (line !== '') yield within(line, maxChars);
    within(rest, maxChars);
  }
  rest += decoder.decode();
  if (rest !== '') yield within(rest, maxChars);
}

function within(line: string, maxChars: number): string {
  if (line.length > maxChars)
    throw new SyncError('limit-exceeded', `a line of more than ${maxChars} characters from the server`);
  return line;
}
