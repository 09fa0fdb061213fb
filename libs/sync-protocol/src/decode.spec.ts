import { hasColumn, type ErrorCode } from '@millrace/kernel';
import * as v from 'valibot';
import { decodeClientMessages } from './client-message.js';
import { decodeJson, decodeValue } from './decode.js';
import { pushRequestSchema } from './http/push.js';
import { registerRequestSchema } from './http/clients.js';
import { LIMITS } from './limits.js';
import { PROTOCOL_FLOOR, PROTOCOL_VERSION, SUBPROTOCOL } from './protocol-version.js';
import { decodeServerMessages } from './server-message.js';

const ID = '00000000-0000-4000-8000-000000000001';
const CHAIN = 'a'.repeat(32);
const position = { epoch: ID, seq: '7', chain: CHAIN };
const hello = {
  type: 'hello',
  protocol: 1,
  clientId: ID,
  position,
  schemaVersion: '1.0.0',
  appVersion: '1.0.0',
  scope: 's',
  ackedMutation: 0,
};
const change = {
  table: 'items',
  operation: 'update',
  key: { id: ID },
  set: { name: 'x' },
  old: { name: null },
  version: '1',
};
const mutation = { mutationId: 1, txId: ID, changes: [change] };
const pushRequest = { clientId: ID, epoch: ID, schemaVersion: '1.0.0', mutations: [mutation] };
const refusal = (code: ErrorCode, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) as unknown });

describe('client messages', () => {
  const decode = (...messages: unknown[]) => decodeClientMessages(JSON.stringify(messages));

  it.each([
    ['hello', hello],
    ['received', { type: 'received', seq: '9223372036854775807', chars: 0 }],
    ['auth', { type: 'auth', token: 'ey.x.y' }],
  ])('%s', (_name, message) => expect(decode(message)).toEqual([message]));

  it.each([
    ['no message at all', []],
    ['an unknown type', [{ type: 'drop' }]],
    ["a server's message", [{ type: 'begin', from: '1', time: null }]],
    ['17 of them', Array.from({ length: 17 }, () => ({ type: 'received', seq: '1', chars: 0 }))],
    ['a number for a seq', [{ type: 'received', seq: 1, chars: 0 }]],
    ['a seq with a leading zero', [{ type: 'received', seq: '01', chars: 0 }]],
    ['a seq beyond 63 bits', [{ type: 'received', seq: '9223372036854775808', chars: 0 }]],
    ['a negative count', [{ type: 'received', seq: '1', chars: -1 }]],
    ['a fractional count', [{ type: 'received', seq: '1', chars: 0.5 }]],
    ['an upper-case uuid', [{ ...hello, clientId: ID.replace('8', 'A') }]],
    ['a uuid and more', [{ ...hello, clientId: `${ID}\n` }]],
    ['another chain', [{ ...hello, position: { ...position, chain: 'A'.repeat(32) } }]],
    ['a mutation number below zero', [{ ...hello, ackedMutation: -1 }]],
    ['a mutation number that JSON rounded', [{ ...hello, ackedMutation: 2 ** 53 }]],
    ['an empty token', [{ type: 'auth', token: '' }]],
    ['a token beyond the limit', [{ type: 'auth', token: 'x'.repeat(LIMITS.tokenChars + 1) }]],
  ])('not %s', (_name, messages) =>
    expect(() => decodeClientMessages(JSON.stringify(messages))).toThrow(refusal('invalid-message', '')),
  );

  it('X18 a text beyond the limit is refused before it is parsed', () => {
    const parse = jest.spyOn(JSON, 'parse');
    expect(() => decodeClientMessages('['.repeat(LIMITS.clientMessageChars + 1))).toThrow(
      refusal('limit-exceeded', 'characters'),
    );
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
  });

  it('X18 a deeply nested one below it is merely invalid', () => {
    const half = LIMITS.clientMessageChars / 2;
    expect(() => decodeClientMessages('['.repeat(half) + ']'.repeat(half))).toThrow(refusal('invalid-message', ''));
  });
});

describe('server messages', () => {
  it('a single row may be as large as a row may be', () => {
    const row = { id: ID, body: '\n'.repeat(LIMITS.rowChars / 2) };
    const text = JSON.stringify([{ type: 'changes', changes: [{ op: 'put', table: 't', row }] }]);
    expect(decodeServerMessages(text)).toHaveLength(1);
  });

  it.each([
    ['a change of no known kind', { type: 'changes', changes: [{ op: 'replace', table: 't', row: {} }] }],
    ['a row that is a list', { type: 'changes', changes: [{ op: 'put', table: 't', row: [] }] }],
    ['a value that is a number', { type: 'changes', changes: [{ op: 'put', table: 't', row: { n: 1 } }] }],
    ['an error of no known code', { type: 'error', code: 'toString', message: '' }],
    ['a commit without a word on mutations', { type: 'commit', position }],
  ])('not %s', (_name, message) =>
    expect(() => decodeServerMessages(JSON.stringify([message]))).toThrow(refusal('invalid-message', '')),
  );
});

describe('a push', () => {
  it('is decoded whole', () => expect(decodeValue(pushRequestSchema, pushRequest)).toEqual(pushRequest));

  it.each([
    ['no mutations', { ...pushRequest, mutations: [] }],
    ['a mutation without changes', { ...pushRequest, mutations: [{ ...mutation, changes: [] }] }],
    ['mutation number 0', { ...pushRequest, mutations: [{ ...mutation, mutationId: 0 }] }],
    [
      'too many mutations',
      { ...pushRequest, mutations: Array.from({ length: LIMITS.pushMutations + 1 }, () => mutation) },
    ],
    [
      'too many columns',
      {
        ...pushRequest,
        mutations: [
          {
            ...mutation,
            changes: [
              {
                ...change,
                set: Object.fromEntries(Array.from({ length: LIMITS.changeColumns + 1 }, (_, n) => [`c${n}`, 'x'])),
              },
            ],
          },
        ],
      },
    ],
    [
      'a column without a name',
      { ...pushRequest, mutations: [{ ...mutation, changes: [{ ...change, set: { '': 'x' } }] }] },
    ],
    ['a table without a name', { ...pushRequest, mutations: [{ ...mutation, changes: [{ ...change, table: '' }] }] }],
    [
      'a boolean for a value',
      { ...pushRequest, mutations: [{ ...mutation, changes: [{ ...change, set: { a: true } }] }] },
    ],
  ])('not %s', (_name, value) =>
    expect(() => decodeValue(pushRequestSchema, value)).toThrow(refusal('invalid-message', 'mutations')),
  );

  it('X19 a column may be named __proto__ and reaches no prototype', () => {
    const text = JSON.stringify(pushRequest).replace(
      '"set":{"name":"x"}',
      '"set":{"__proto__":"x","constructor":null}',
    );
    const set = decodeJson(pushRequestSchema, text, LIMITS.pushBytes).mutations[0]?.changes[0]?.set ?? {};
    expect(Object.keys(set)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(set)).toBe(Object.prototype);
    expect(hasColumn(set, 'toString')).toBe(false);
  });
});

describe('errors of decoding', () => {
  it('name the place and never the content (I8)', () => {
    const secret = { clientId: 'SECRET-ID' };
    expect(() => decodeValue(registerRequestSchema, secret)).toThrow(refusal('invalid-message', 'clientId'));
    expect(() => decodeValue(registerRequestSchema, secret)).not.toThrow(refusal('invalid-message', 'SECRET'));
  });

  it('of text that is no JSON', () => {
    expect(() => decodeJson(v.string(), '{SECRET', 100)).toThrow(refusal('invalid-message', 'message is not JSON'));
  });
});

describe('the protocol version', () => {
  it('is not below its floor, and named in the subprotocol', () => {
    expect(PROTOCOL_FLOOR).toBeLessThanOrEqual(PROTOCOL_VERSION);
    expect(SUBPROTOCOL).toBe(`millrace.v${PROTOCOL_VERSION}`);
  });
});

test('a key that is missing is called missing, by its place', () => {
  const schema = v.object({ user: v.object({ email: v.string() }) });
  expect(() => decodeValue(schema, { user: {} })).toThrow('user.email: is missing');
  expect(() => decodeValue(schema, { user: { email: 1 } })).toThrow('user.email: expected string');
});
