import { LIMITS } from '@millrace/sync-protocol';
import { bearerOfHeader, bearerOfSubprotocols, sameSecret } from './bearer.js';

const long = 'x'.repeat(LIMITS.tokenChars + 1);

describe('bearerOfHeader', () => {
  it.each(['Bearer a.b.c', 'bearer a.b.c', 'BEARER a.b.c'])('%s', (header) =>
    expect(bearerOfHeader(header)).toBe('a.b.c'),
  );

  it.each([undefined, '', 'Bearer', 'Bearer ', 'Basic a.b.c', 'Bearer a b', 'a.b.c', `Bearer ${long}`])(
    'refuses %p',
    (header) => expect(() => bearerOfHeader(header)).toThrow(expect.objectContaining({ code: 'unauthenticated' })),
  );
});

describe('bearerOfSubprotocols (X16)', () => {
  it.each(['millrace.v1, bearer.a.b.c', 'bearer.a.b.c,millrace.v1', ' other ,millrace.v1 , bearer.a.b.c '])(
    '%s',
    (header) => expect(bearerOfSubprotocols(header)).toBe('a.b.c'),
  );

  it.each([undefined, '', 'millrace.v0, bearer.a', 'bearer.a.b.c', 'graphql-ws'])(
    'wants our subprotocol: %p',
    (header) =>
      expect(() => bearerOfSubprotocols(header)).toThrow(expect.objectContaining({ code: 'protocol-version' })),
  );

  it.each(['millrace.v1', 'millrace.v1, bearer.', `millrace.v1, bearer.${long}`])('wants a token', (header) =>
    expect(() => bearerOfSubprotocols(header)).toThrow(expect.objectContaining({ code: 'unauthenticated' })),
  );
});

describe('sameSecret', () => {
  it.each([
    ['secret', 'secret', true],
    ['secret', 'Secret', false],
    ['secret', 'secret ', false],
    ['', 'secret', false],
    ['ß', 'ß', true],
  ])('%p, %p', async (given, expected, same) => expect(await sameSecret(given, expected)).toBe(same));
});
