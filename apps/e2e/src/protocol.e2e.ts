import { CLOSE_CODE } from '@millrace/kernel';
import { LIMITS } from '@millrace/sync-protocol';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from './support/eventually.js';
import { startFixtureStack, type FixtureStack } from './support/fixture-stack.js';
import { headOf, rawClient, type RawClient } from './support/raw-client.js';
import { openRawSocket, type RawSocket } from './support/raw-socket.js';

/** workerd puts an object to sleep after 10 s without events. */
const ASLEEP_MS = 15_000;

describe('the protocol, spoken by hand', () => {
  let fixture: FixtureStack;
  let client: RawClient;
  const sockets: RawSocket[] = [];

  beforeAll(async () => {
    fixture = await startFixtureStack();
    client = await rawClient(fixture, 'protocol');
  }, 120_000);
  afterEach(() => sockets.splice(0).forEach((socket) => socket.close()));
  afterAll(() => fixture?.[Symbol.asyncDispose]());

  async function keep(socket: Promise<RawSocket>): Promise<RawSocket> {
    sockets.push(await socket);
    return socket;
  }

  const insertNote = (title: string) =>
    fixture.source.run(`insert into notes (tenant_id, title) values ('protocol', '${title}')`);

  async function expectArrives(socket: RawSocket, title: string): Promise<void> {
    await eventually(() => expect(socket.texts.join()).toContain(title));
  }

  async function expectRefused(socket: RawSocket, code: string, closeCode: number): Promise<void> {
    expect(await socket.closed).toEqual({ code: closeCode, reason: code });
    expect(socket.frames().at(-1)).toMatchObject({ type: 'error', code });
  }

  describe('refuses', () => {
    it.each([
      ['junk', 'hello?', 'invalid-message'],
      ['no list', '{"type":"hello"}', 'invalid-message'],
      ['no frame', '[]', 'invalid-message'],
      ['an unknown frame', '[{"type":"subscribe"}]', 'invalid-message'],
      ['deep nesting', '['.repeat(20_000), 'invalid-message'],
      ['bytes', new TextEncoder().encode('[]'), 'invalid-message'],
      ['an oversized frame', ' '.repeat(LIMITS.clientMessageChars + 1), 'limit-exceeded'],
      ['an early received', '[{"type":"received","seq":"1","chars":1}]', 'invalid-message'],
      ['an early auth', '[{"type":"auth","token":"junk"}]', 'unauthenticated'],
    ])('%s as first frame', async (_name, data, code) => {
      const socket = await keep(client.open());
      socket.sayRaw(data);
      await expectRefused(
        socket,
        code,
        code === 'unauthenticated' ? CLOSE_CODE.unauthenticated : CLOSE_CODE.protocolError,
      );
    });

    it('protocol version 99', async () => {
      const socket = await keep(client.open());
      socket.say(await client.hello(await headOf(fixture.stack), { protocol: 99 }));
      await expectRefused(socket, 'protocol-version', CLOSE_CODE.protocolError);
    });

    it('a schema version that the database never had: such a client reads all rows anew', async () => {
      const socket = await keep(client.open());
      socket.say(await client.hello(await headOf(fixture.stack), { schemaVersion: '0.9.0' }));
      expect(await socket.frame('resync')).toMatchObject({ cause: 'schema-changed' });
    });

    it('a second hello', async () => {
      const socket = await keep(client.live());
      socket.say(await client.hello(await headOf(fixture.stack)));
      await expectRefused(socket, 'invalid-message', CLOSE_CODE.protocolError);
    });

    it('an ack of what was never delivered', async () => {
      const socket = await keep(client.live());
      socket.say({ type: 'received', seq: '999999999', chars: 0 });
      await expectRefused(socket, 'invalid-message', CLOSE_CODE.protocolError);
    });

    it('a socket without our subprotocol, as an upgrade', async () => {
      const token = await client.token();
      const socket = openRawSocket({
        url: fixture.stack.url,
        clientId: client.clientId,
        token,
        subprotocols: ['graphql-ws', `bearer.${token}`],
      });
      expect(await socket.opened).toBe(false);
    });

    it('a token that is not good, with a socket that says so: browsers see no other answer', async () => {
      const socket = openRawSocket({ url: fixture.stack.url, clientId: client.clientId, token: 'a.b.c' });
      await expectRefused(socket, 'unauthenticated', CLOSE_CODE.unauthenticated);
    });

    it('X7 a client id that was never registered', async () => {
      const socket = openRawSocket({ url: fixture.stack.url, clientId: randomUUID(), token: await client.token() });
      await expectRefused(socket, 'unknown-client', CLOSE_CODE.unknownClient);
    });

    it('X7 somebody else’s client id, also of the same tenant, also after its owner was here', async () => {
      await keep(client.live());
      const token = await client.token({ sub: 'mallory' });
      const socket = openRawSocket({ url: fixture.stack.url, clientId: client.clientId, token });
      await expectRefused(socket, 'unknown-client', CLOSE_CODE.unknownClient);
    });

    it('X7 a hello for a client other than the socket’s', async () => {
      const other = await rawClient(fixture, 'protocol', 'somebody-else');
      const socket = await keep(client.open());
      socket.say(await client.hello(await headOf(fixture.stack), { clientId: other.clientId }));
      await expectRefused(socket, 'forbidden', CLOSE_CODE.forbidden);
    });

    it('a socket that says nothing (slow: it waits 10 s)', async () => {
      const socket = await keep(client.open());
      await expectRefused(socket, 'timeout', CLOSE_CODE.internal);
    });

    it('I11 more sockets than one client can need', async () => {
      const crowd = await rawClient(fixture, 'protocol', 'crowd');
      for (let count = 0; count < 8; count++) await keep(crowd.open());
      const socket = openRawSocket({ url: fixture.stack.url, clientId: crowd.clientId, token: await crowd.token() });
      await expectRefused(socket, 'too-many-requests', CLOSE_CODE.internal);
    });
  });

  describe('delivers', () => {
    it('what is committed, as begin, changes, commit that continue the cursor (I4)', async () => {
      const head = await headOf(fixture.stack);
      const socket = await keep(client.live(head));
      await insertNote('delivered');
      await expectArrives(socket, 'delivered');
      const [begin, changes, commit] = socket.frames().slice(-3);
      expect(begin).toMatchObject({ type: 'begin', from: head.seq });
      expect(changes).toMatchObject({
        type: 'changes',
        changes: [{ op: 'put', table: 'notes', row: { title: 'delivered' } }],
      });
      expect(commit).toMatchObject({ type: 'commit', mutation: null });
    });

    it('what was committed while nobody was connected', async () => {
      const head = await headOf(fixture.stack);
      await insertNote('meanwhile');
      await eventually(async () => expect(await headOf(fixture.stack)).not.toEqual(head));
      await expectArrives(await keep(client.live(head)), 'meanwhile');
    });

    it('[D5] only to the newest socket: its hello closes the older one, and late words of that one do no harm', async () => {
      const older = await keep(client.live());
      const newer = await keep(client.live());
      expect(await older.closed).toEqual({
        code: CLOSE_CODE.replacedByNewer,
        reason: 'replaced by a newer connection',
      });
      await insertNote('to the newest');
      await expectArrives(newer, 'to the newest');
      expect(older.texts.join()).not.toContain('to the newest');
    });

    it('to a client that leaves and comes back at once, many times', async () => {
      for (let turn = 0; turn < 10; turn++) {
        const leaving = await client.live();
        leaving.close();
        const socket = await keep(client.live());
        await insertNote(`turn ${turn}`);
        await expectArrives(socket, `turn ${turn}`);
      }
    });

    it('a goodbye: a client that closes is answered at once', async () => {
      const socket = await client.live();
      const began = performance.now();
      socket.close();
      expect(await socket.closed).toEqual({ code: CLOSE_CODE.normal, reason: '' });
      expect(performance.now() - began).toBeLessThan(2_000);
    });

    it('after the object has slept (slow: it sleeps after 10 s)', async () => {
      const socket = await keep(client.live());
      await sleep(ASLEEP_MS);
      await insertNote('after sleep');
      await expectArrives(socket, 'after sleep');
      const { seq } = (await socket.frame('commit')).position;
      socket.say({ type: 'received', seq, chars: 0 });
      await sleep(ASLEEP_MS);
      await insertNote('after more sleep');
      await expectArrives(socket, 'after more sleep');
    });

    it('after a kill of workerd, from the cursor the client has', async () => {
      const socket = await client.live();
      const head = await headOf(fixture.stack);
      await fixture.stack.kill9();
      expect((await socket.closed).code).toBe(1006);
      await fixture.stack.listening();
      await insertNote('after the kill');
      await expectArrives(await keep(client.live(head)), 'after the kill');
    });
  });

  describe('ends with a cause, never in silence (I12)', () => {
    it.each([
      ['another epoch', { epoch: randomUUID() }, 'epoch-changed'],
      ['another chain at the head', { chain: 'f'.repeat(32) }, 'cursor-unknown'],
      ['a position beyond the head', { seq: '999999999' }, 'cursor-unknown'],
    ])('a cursor of %s', async (_name, wrong, cause) => {
      const socket = await keep(client.open());
      socket.say(await client.hello({ ...(await headOf(fixture.stack)), ...wrong }));
      expect(await socket.closed).toEqual({ code: CLOSE_CODE.resync, reason: cause });
      expect(socket.frames()).toContainEqual({ type: 'resync', cause, message: expect.any(String) });
    });

    it('a cursor with a chain that this history never had below its head', async () => {
      const head = await headOf(fixture.stack);
      await insertNote('further on');
      await eventually(async () => expect(await headOf(fixture.stack)).not.toEqual(head));
      const socket = await keep(client.live({ ...head, chain: 'f'.repeat(32) }));
      expect(await socket.closed).toEqual({ code: CLOSE_CODE.resync, reason: 'cursor-unknown' });
      expect(socket.texts.join()).not.toContain('further on');
    });

    it('X12 a token with another scope', async () => {
      const moved = await rawClient(fixture, 'protocol', 'moved');
      await keep(moved.live());
      const socket = await keep(moved.open({ tenantId: 'elsewhere' }));
      socket.say(await moved.hello(await headOf(fixture.stack)));
      expect(await socket.closed).toEqual({ code: CLOSE_CODE.resync, reason: 'scope-changed' });
    });

    it('is counted', async () => {
      const headers = { authorization: `Bearer ${fixture.stack.adminToken}` };
      const status = (await (await fetch(`${fixture.stack.url}/api/admin/status`, { headers })).json()) as {
        counters: { resyncs: number };
      };
      expect(status.counters.resyncs).toBeGreaterThan(0);
    });
  });

  it('all this makes no error in the log of the server', async () => {
    const errors = (await fixture.stack.log())
      .split('\n')
      .filter((line) => /"level":"error"|Uncaught|TypeError/.test(line));
    expect(errors).toEqual([]);
  });

  describe('X13 a token that ends', () => {
    it('closes the socket', async () => {
      const socket = await keep(client.live(undefined, { lifeSeconds: 3 }));
      await expectRefused(socket, 'unauthenticated', CLOSE_CODE.unauthenticated);
    });

    it('closes it also when the object sleeps (slow: it sleeps after 10 s)', async () => {
      const socket = await keep(client.live(undefined, { lifeSeconds: 15 }));
      await expectRefused(socket, 'unauthenticated', CLOSE_CODE.unauthenticated);
    });

    it('is renewed in band', async () => {
      const socket = await keep(client.live(undefined, { lifeSeconds: 3 }));
      socket.say({ type: 'auth', token: await client.token() });
      await sleep(4_000);
      await insertNote('renewed');
      await expectArrives(socket, 'renewed');
    });

    it('is not renewed by somebody else’s, nor by a bad one', async () => {
      const socket = await keep(client.live());
      socket.say({ type: 'auth', token: await client.token({ sub: 'mallory' }) });
      await expectRefused(socket, 'forbidden', CLOSE_CODE.forbidden);
      const next = await keep(client.live());
      next.say({ type: 'auth', token: 'a.b.c' });
      await expectRefused(next, 'unauthenticated', CLOSE_CODE.unauthenticated);
    });
  });
});
