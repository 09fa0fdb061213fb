import { PGlite } from '@electric-sql/pglite';
import { machineNow } from '../../core/machine-clock.js';
import { TRACE_CHANNEL, type Span } from './span.js';

/*
 * Put before the client's worker when it is bundled for a timeline, and never otherwise: notes what the worker asks of the browser and of PGlite. The
 * product knows nothing of it.
 */

const spans: Span[] = [];
/** What has begun and not ended. */
const running = new Set<Omit<Span, 'doneAt'>>();

type Method = (...args: never[]) => unknown;

/** Replaces a method by one that notes how long each call takes until it resolves. */
function trace<Name extends string>(
  owner: Readonly<Record<Name, Method>> | object,
  name: Name,
  describe: (args: readonly unknown[], self: unknown) => Pick<Span, 'kind' | 'detail'>,
): void {
  const methods = owner as Record<string, Method>;
  const original = methods[name];
  if (!original) throw new Error(`there is no ${name} to trace`);
  methods[name] = function traced(this: unknown, ...args: never[]): unknown {
    const begun = { ...describe(args, this), startedAt: machineNow() };
    running.add(begun);
    const note = () => {
      running.delete(begun);
      spans.push({ ...begun, ...describe(args, this), doneAt: machineNow() });
    };
    const result = original.apply(this, args);
    if (!(result instanceof Promise)) {
      note();
      return result;
    }
    return result.finally(note);
  };
}

const named = (kind: string, method: string) => (args: readonly unknown[]) => ({
  kind,
  detail: `${method} ${String(args[0] ?? '')}`,
});

trace(FileSystemDirectoryHandle.prototype, 'getFileHandle', named('opfs', 'file'));
trace(FileSystemDirectoryHandle.prototype, 'getDirectoryHandle', named('opfs', 'folder'));
trace(FileSystemDirectoryHandle.prototype, 'removeEntry', named('opfs', 'remove'));
trace(FileSystemFileHandle.prototype, 'getFile', (_args, self) => ({
  kind: 'opfs',
  detail: `read ${(self as FileSystemFileHandle).name}`,
}));
trace(FileSystemFileHandle.prototype, 'createSyncAccessHandle', (_args, self) => ({
  kind: 'opfs',
  detail: `handle ${(self as FileSystemFileHandle).name}`,
}));
trace(prototypeOf('FileSystemSyncAccessHandle'), 'flush', () => ({ kind: 'fsync', detail: 'file' }));
trace(SubtleCrypto.prototype, 'digest', (args) => ({
  kind: 'digest',
  detail: `${(args[1] as ArrayBufferView).byteLength} bytes`,
}));
trace(globalThis, 'fetch', (args) => ({ kind: 'fetch', detail: String(args[0]) }));

/** Of a class that the types of a page do not know, since only workers have it. */
function prototypeOf(name: string): object {
  return (globalThis as unknown as Record<string, { readonly prototype: object }>)[name]?.prototype ?? {};
}

trace(ReadableStreamDefaultReader.prototype, 'read', () => ({ kind: 'body', detail: 'part of an answer' }));

/** The statement that runs; its messages follow one another. */
let statement = '';

/** SQL of a Parse or Query message; other messages belong to the one before. */
function sqlOf(message: Uint8Array): string | null {
  const tag = String.fromCharCode(message[0] ?? 0);
  if (tag !== 'P' && tag !== 'Q') return null;
  const text = new TextDecoder().decode(message.subarray(5, 5 + 400));
  return (tag === 'P' ? text.slice(text.indexOf('\0') + 1) : text).replaceAll(/[\0\s]+/g, ' ').slice(0, 120);
}

trace(PGlite.prototype, 'execProtocolStream', (args) => {
  statement = sqlOf(args[0] as Uint8Array) ?? statement;
  return { kind: 'message', detail: String.fromCharCode((args[0] as Uint8Array)[0] ?? 0) };
});
trace(PGlite.prototype, '_runExclusiveQuery', () => ({ kind: 'sql', detail: statement }));
trace(PGlite.prototype, 'syncToFs', () => ({ kind: 'flush', detail: 'syncToFs' }));

/** Calls to the page, until its answer: the token, say. */
const asked = new Map<number, { readonly name: string; readonly startedAt: number }>();
const post = globalThis.postMessage.bind(globalThis);
globalThis.postMessage = ((message: { readonly call?: number; readonly name?: string }, ...rest: never[]) => {
  if (message.call !== undefined) asked.set(message.call, { name: message.name ?? '', startedAt: machineNow() });
  post(message, ...rest);
}) as typeof globalThis.postMessage;
addEventListener('message', ({ data }: MessageEvent<{ readonly answer?: number }>) => {
  const call = data.answer === undefined ? undefined : asked.get(data.answer);
  if (call) spans.push({ kind: 'page', detail: call.name, startedAt: call.startedAt, doneAt: machineNow() });
});

/** A request as the browser saw it, its body included. */
function requests(): readonly Span[] {
  const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
  performance.clearResourceTimings();
  return entries.map(({ name, startTime, responseEnd, requestStart, responseStart, encodedBodySize }) => ({
    kind: 'request',
    detail: `${new URL(name).pathname} ${encodedBodySize} bytes; sent after ${(requestStart - startTime).toFixed(1)} ms, answered after ${(responseStart - startTime).toFixed(1)} ms`,
    startedAt: performance.timeOrigin + startTime,
    doneAt: performance.timeOrigin + responseEnd,
  }));
}

const channel = new BroadcastChannel(TRACE_CHANNEL);
channel.onmessage = ({ data }) => {
  const open = [...running].map((span) => ({ ...span, detail: `${span.detail} (not ended)`, doneAt: machineNow() }));
  if (data === 'report') channel.postMessage([...spans.splice(0), ...open, ...requests()]);
};
