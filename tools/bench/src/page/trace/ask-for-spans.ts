import { TRACE_CHANNEL, type Span } from './span.js';

/** What the traced worker has noted since it was last asked. */
export function askForSpans(): Promise<readonly Span[]> {
  const channel = new BroadcastChannel(TRACE_CHANNEL);
  return new Promise<readonly Span[]>((resolve) => {
    channel.onmessage = ({ data }: MessageEvent<readonly Span[]>) => resolve(data);
    channel.postMessage('report');
  }).finally(() => channel.close());
}
