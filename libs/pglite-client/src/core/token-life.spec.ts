import { tokenLifeMs } from './token-life.js';

const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;

describe('tokenLifeMs', () => {
  it.each([
    ['a token that ends', jwt({ exp: 100, iat: 10 }), 40_000, 60_000],
    ['a token that seems over by a wrong clock', jwt({ exp: 100, iat: 10 }), 200_000, 45_000],
    ['a token without end', jwt({ sub: 'x' }), 0, null],
    ['no JWT', 'opaque', 0, null],
    ['odd base64', 'a.%%%.c', 0, null],
  ])('%s', (_what, token, now, expected) => {
    expect(tokenLifeMs(token, now)).toBe(expected);
  });
});
