import { Schemas } from '../schemas.js';
import { CLIENT, EPOCH, fakeWorker, HEAD } from '../testing/fake-env.js';
import { sessionCalls } from './session-calls.js';

const after = { epoch: EPOCH, seq: 3n, chain: 'c' };
const rowKeys = ['tenantId=t1', '*'];
const ok = (value: unknown) => () => ({ ok: true, value });
const page = { from: after, to: HEAD, transactions: [] };

function calls(methods: Readonly<Record<string, () => unknown>>) {
  const worker = fakeWorker({ methods });
  const keys = { keyOf: async (_place: unknown, claims: unknown) => JSON.stringify(claims) };
  const env = worker.bindings;
  return { worker, calls: sessionCalls({ env, gateways: 4, keys, schemas: new Schemas(env) }) };
}

describe('calls of a session', () => {
  it('register before they ask for verdicts (F42)', async () => {
    const { worker, calls: session } = calls({
      'replication.register': ok(HEAD),
      'gateway.verdicts': ok({ marks: [], schemaVersion: '1.0.0' }),
    });
    const effect = {
      kind: 'register',
      clientId: CLIENT,
      sub: 'ann',
      rowKeys,
      cursor: after,
      afterMutation: 5,
    } as const;
    expect(await session.register(effect, 'socket-1')).toEqual({
      kind: 'registered',
      head: HEAD,
      verdicts: [],
      schemaVersion: '1.0.0',
    });
    expect(worker.called()).toEqual(['replication.register', 'gateway.verdicts', 'replication.catalogue']);
    expect(worker.calls[0]?.args).toEqual([
      { clientId: CLIENT, sub: 'ann', rowKeys, cursor: after, socketId: 'socket-1' },
    ]);
    expect(worker.calls[1]?.args).toEqual([CLIENT, 5, after]);
  });

  it('pull from memory where that holds the cursor', async () => {
    const { worker, calls: session } = calls({ 'replication.recent': ok({ kind: 'page', page }) });
    expect(await session.pull({ kind: 'pull', after, rowKeys }, CLIENT)).toEqual({
      kind: 'pulled',
      result: { kind: 'page', page, complete: true },
    });
    expect(worker.called()).toEqual(['replication.recent']);
  });

  it('pull from history up to the head that may be served, and no further [H5]', async () => {
    const result = { kind: 'page', page, complete: false };
    const { worker, calls: session } = calls({
      'replication.recent': ok({ kind: 'history', upTo: HEAD }),
      'gateway.page': ok(result),
    });
    expect(await session.pull({ kind: 'pull', after, rowKeys }, CLIENT)).toEqual({ kind: 'pulled', result });
    expect(worker.calls[1]?.args).toEqual([after, HEAD, rowKeys]);
  });

  it.each(['cursor-unknown', 'below-horizon', 'epoch-changed', 'transaction-too-large'])(
    'I12 hand on why a cursor cannot be continued: %s',
    async (kind) => {
      const { calls: session } = calls({
        'replication.recent': ok({ kind: 'history', upTo: HEAD }),
        'gateway.page': ok({ kind }),
      });
      expect(await session.pull({ kind: 'pull', after, rowKeys }, CLIENT)).toEqual({
        kind: 'pulled',
        result: { kind },
      });
    },
  );

  it.each([
    [true, 5_000],
    [false, 3_600_000],
  ])('[S6] have the rows of their scope hashed (asked: %p), no older than %p ms', async (asked, maxAgeMs) => {
    const checkpoint = { type: 'checkpoint' };
    const { worker, calls: session } = calls({ 'snapshot.checksums': ok(checkpoint) });
    const claims = { tenantId: 't1' };
    expect(await session.checkpoint(claims, asked)).toEqual({ kind: 'checkpoint', checkpoint });
    expect(worker.calls.at(-1)?.args).toEqual([{ key: '{"tenantId":"t1"}', claims, schemaVersion: '1.0.0', maxAgeMs }]);
  });

  it('fail with the code of whoever failed', async () => {
    const refused = () => ({ ok: false, code: 'database-unavailable', message: 'm' });
    const { calls: session } = calls({ 'replication.recent': refused });
    await expect(session.pull({ kind: 'pull', after, rowKeys }, CLIENT)).rejects.toMatchObject({
      code: 'database-unavailable',
    });
  });
});
