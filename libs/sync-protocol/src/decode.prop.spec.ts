import { SyncError } from '@millrace/kernel';
import fc from 'fast-check';
import { decodeClientMessages, encodeClientMessages } from './client-message.js';
import { decodeJson } from './decode.js';
import { pushConflictSchema, pushRequestSchema } from './http/push.js';
import { LIMITS } from './limits.js';
import { decodeServerMessages, encodeServerMessages } from './server-message.js';
import { clientMessages, damaged, pushConflicts, pushRequests, serverMessages } from './testing/arbitraries.js';

const batches = <T>(message: fc.Arbitrary<T>) => fc.array(message, { minLength: 1, maxLength: 4 });
const edges: [string, (text: string) => unknown, fc.Arbitrary<unknown>][] = [
  ['client messages', decodeClientMessages, batches(clientMessages)],
  ['server messages', decodeServerMessages, batches(serverMessages)],
  ['a push', (text) => decodeJson(pushRequestSchema, text, LIMITS.pushBytes), pushRequests],
  ['a push conflict', (text) => decodeJson(pushConflictSchema, text, LIMITS.pushBytes), pushConflicts],
];

/** Rows have no prototype on one side and one on the other; JSON text is the same for the same content. */
const sameContent = (a: unknown, b: unknown) => expect(JSON.stringify(a)).toBe(JSON.stringify(b));

describe.each(edges)('decoding %s', (_name, decode, whole) => {
  it('gives back what was encoded', () => {
    fc.assert(fc.property(whole, (value) => sameContent(decode(JSON.stringify(value)), value)));
  });

  it('X19 refuses junk with a named error, and nothing else', () => {
    const junk = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify([value])),
    );
    fc.assert(
      fc.property(junk, (text) => expect(outcome(decode, text)).toBe('refused')),
      { numRuns: 500 },
    );
  });

  it('X19 takes or refuses a damaged message, without side effects', () => {
    const seen = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(damaged(whole), (value) => {
        seen[outcome(decode, JSON.stringify(value) ?? '')] += 1;
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
    expect(seen.refused).toBeGreaterThan(100);
  });
});

function outcome(decode: (text: string) => unknown, text: string): 'taken' | 'refused' {
  try {
    decode(text);
    return 'taken';
  } catch (error) {
    expect(error).toBeInstanceOf(SyncError);
    expect(['invalid-message', 'limit-exceeded']).toContain((error as SyncError).code);
    expect((error as SyncError).message.length).toBeLessThanOrEqual(300);
    return 'refused';
  }
}

describe('encoding', () => {
  it('is what decoding takes', () => {
    fc.assert(
      fc.property(batches(clientMessages), (messages) =>
        sameContent(decodeClientMessages(encodeClientMessages(messages)), messages),
      ),
    );
    fc.assert(
      fc.property(batches(serverMessages), (messages) =>
        sameContent(decodeServerMessages(encodeServerMessages(messages)), messages),
      ),
    );
  });
});
