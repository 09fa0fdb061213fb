import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { createTokenVerifier, signToken, type TokenSettings } from './tokens.js';

const SECRET = 'a secret of more than thirty-two characters';
const NOW = Date.UTC(2026, 0, 1);
const NOW_S = NOW / 1000;
const settings: TokenSettings = {
  jwtSecret: SECRET,
  jwksUrl: null,
  jwtIssuer: 'https://id.example',
  jwtAudience: 'millrace',
};
const good: JWTPayload = { sub: 'ann', iss: 'https://id.example', aud: 'millrace', tenantId: 't1', exp: NOW_S + 600 };

const verifier = createTokenVerifier(settings, () => NOW);

/** Claims as they are, so that a token can also hold what a careful library would not sign. */
async function token(claims: JWTPayload, alg = 'HS256', secret = SECRET): Promise<string> {
  const { exp, ...rest } = claims;
  const signing = new SignJWT({ ...rest, ...(exp === undefined ? {} : { exp }) });
  return signing
    .setProtectedHeader({ alg })
    .sign(new TextEncoder().encode(secret.padEnd(64, '.').slice(0, alg === 'HS256' ? secret.length : 64)));
}

describe('tokens by a shared secret (X14)', () => {
  it('says who it is, with text claims alone', async () => {
    const claims = {
      ...good,
      role: 'admin',
      level: 7,
      groups: ['a'],
      nested: { tenantId: 't2' },
      yes: true,
      none: null,
    };
    await expect(verifier.verify(await token(claims))).resolves.toEqual({
      sub: 'ann',
      claims: { sub: 'ann', iss: 'https://id.example', aud: 'millrace', tenantId: 't1', role: 'admin' },
      expiresAt: NOW_S + 600,
    });
  });

  it.each([
    ['a sub with a NUL', { sub: 'a\0b' }, 'sub'],
    ['a sub with half a character', { sub: 'a\ud800' }, 'sub'],
    ['a sub of 256 characters', { sub: 'a'.repeat(256) }, 'sub'],
    ['another claim with a NUL', { tenantId: 't\0' }, 'tenantId'],
  ])('X14 names %s: Postgres could not hold it', async (_what, claims, name) => {
    await expect(verifier.verify(await token({ ...good, ...claims }))).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining(name) as string,
    });
    await expect(verifier.verify(await token({ ...good, sub: 'é'.repeat(255) }))).resolves.toBeDefined();
  });

  it('takes what signToken signs', async () => {
    const own = createTokenVerifier({ ...settings, jwtIssuer: null, jwtAudience: null }, () => NOW);
    await expect(
      own.verify(await signToken(SECRET, { sub: 'bob', tenantId: 't2' }, NOW_S + 60)),
    ).resolves.toMatchObject({
      sub: 'bob',
      claims: { tenantId: 't2' },
      expiresAt: NOW_S + 60,
    });
  });

  it('lets claims hold for 15 minutes at most, whatever the token says', async () => {
    const { expiresAt } = await verifier.verify(await token({ ...good, exp: NOW_S + 86_400 }));
    expect(expiresAt).toBe(NOW_S + 900);
  });

  const bad: readonly (readonly [string, () => Promise<string> | string])[] = [
    ['no token', () => ''],
    ['junk', () => 'not.a.token'],
    ['alg none', () => new UnsecuredJWT(good).encode()],
    ['another HMAC', () => token(good, 'HS512')],
    ['another secret', () => token(good, 'HS256', 'another secret of more than thirty-two characters')],
    ['wrong audience', () => token({ ...good, aud: 'other' })],
    ['no audience', () => token({ ...good, aud: undefined })],
    ['wrong issuer', () => token({ ...good, iss: 'https://evil.example' })],
    ['expired', () => token({ ...good, exp: NOW_S - 6 })],
    ['not valid yet', () => token({ ...good, nbf: NOW_S + 60 })],
    ['no exp', () => token({ ...good, exp: undefined })],
    ['exp as text', () => token({ ...good, exp: `${NOW_S + 60}` as never })],
    ['exp as fraction', () => token({ ...good, exp: NOW_S + 60.5 })],
    ['exp beyond all numbers', () => token({ ...good, exp: 1e300 })],
    ['no sub', () => token({ ...good, sub: undefined })],
    ['empty sub', () => token({ ...good, sub: '' })],
    ['sub as number', () => token({ ...good, sub: 7 as never })],
    ['payload changed afterwards', async () => altered(await token(good), { ...good, tenantId: 't2' })],
  ];
  it.each(bad)('refuses: %s', async (_name, make) => {
    await expect(verifier.verify(await make())).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});

function altered(jwt: string, claims: JWTPayload): string {
  const [header, , signature] = jwt.split('.');
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}

describe('tokens by a key set (X14)', () => {
  let keys: Awaited<ReturnType<typeof keyServer>>;
  beforeAll(async () => {
    keys = await keyServer();
  });
  afterAll(() => keys.close());

  async function keyServer() {
    const pair = await generateKeyPair('ES256', { extractable: true });
    const published = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' };
    let answer: { readonly status: number; readonly body: string } = {
      status: 200,
      body: JSON.stringify({ keys: [published] }),
    };
    const server = createServer((_request, response) => response.writeHead(answer.status).end(answer.body));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
    return {
      url,
      publicKey: published,
      sign: (claims: JWTPayload, kid = 'one') =>
        new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid }).sign(pair.privateKey),
      answer: (status: number, body: string) => (answer = { status, body }),
      close: () => new Promise((closed) => server.close(closed)),
    };
  }

  const verifierOf = (url: string) => createTokenVerifier({ ...settings, jwksUrl: url }, () => NOW);

  it('takes a token signed by a published key', async () => {
    await expect(verifierOf(keys.url).verify(await keys.sign(good))).resolves.toMatchObject({
      sub: 'ann',
      claims: { tenantId: 't1' },
    });
  });

  it.each([
    ['a key that is not published', () => keys.sign(good, 'two')],
    ['the shared secret, though one is set', () => token(good)],
    ['a public key taken for an HMAC secret', () => token(good, 'HS256', JSON.stringify(keys.publicKey))],
    ['alg none', () => new UnsecuredJWT(good).encode()],
  ])('refuses: %s', async (_name, make) => {
    await expect(verifierOf(keys.url).verify(await make())).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it.each([
    [503, 'down'],
    [200, '<html>'],
    [200, '{"keys":7}'],
  ])('asks to come again, and signs nobody out, while the key server answers %i %s', async (status, body) => {
    keys.answer(status, body);
    await expect(verifierOf(keys.url).verify(await keys.sign(good))).rejects.toMatchObject({
      code: 'network',
      retry: 'backoff',
    });
  });

  it('does so while nobody answers there', async () => {
    await expect(verifierOf('http://127.0.0.1:9/jwks').verify(await keys.sign(good))).rejects.toMatchObject({
      code: 'network',
    });
  });
});
