import { LIMITS, type ServerMessage } from '@millrace/sync-protocol';

/**
 * Frames as WebSocket texts, in order: as many frames to a text as fit near the message size. A backlog of small transactions
 * then costs a few messages instead of thousands, and one large transaction does not stall the socket.
 */
export function packMessages(
  messages: readonly ServerMessage[],
  maxChars: number = LIMITS.serverMessageChars,
): readonly string[] {
  const texts: string[] = [];
  let frames: string[] = [];
  let chars = 0;
  for (const message of messages) {
    const frame = JSON.stringify(message);
    if (frames.length > 0 && chars + frame.length > maxChars) {
      texts.push(`[${frames.join()}]`);
      frames = [];
      chars = 0;
    }
    frames.push(frame);
    chars += frame.length + 1;
  }
  if (frames.length > 0) texts.push(`[${frames.join()}]`);
  return texts;
}
