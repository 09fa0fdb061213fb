import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeFailure, findFreePort } from '@millrace/processes';
import { wakeWorker } from './wake-worker.js';

/** What a person reads when the Worker answers so. */
async function toldOf(status: number, body: string): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await failureOf((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

async function failureOf(port: number): Promise<string> {
  try {
    await wakeWorker(`http://127.0.0.1:${port}`, 'token', '/data/logs/workerd.log');
  } catch (error) {
    return describeFailure(error);
  }
  return '';
}

const problem = (detail: string): string =>
  JSON.stringify({ type: 'https://millrace.dev/errors/x', title: 'x', status: 503, code: 'x', detail });

describe('wakeWorker', () => {
  it('is content with a head of history', async () => {
    expect(await toldOf(200, '{"seq":"0"}')).toBe('');
  });

  it.each([
    [
      'capture has not begun (backoff): replication slot "millrace" is read by another session: replication slot "millrace" is active for PID 4711',
      'another Millrace runs on this database',
    ],
    [
      'Postgres at h:5432/d and sslmode do not agree: self-signed certificate',
      "the sync server's own connection to Postgres fails at TLS",
    ],
    ['Postgres at h:5432/d cannot be reached: TLS handshake failed.', 'fails at TLS'],
    [
      'a replication slot named millrace exists with plug-in pgoutput, or for another database: choose another name',
      'MILLRACE_SLOT=millrace_2 npm start',
    ],
    [
      'capture has not begun (backoff): Postgres at h:5432/d cannot be reached: internal error; reference = 7ovs5frtgdnn',
      "the sync server can't reach Postgres, although npm start can",
    ],
    ['no replication slot is free', '/data/logs/workerd.log'],
  ])('tells a person of "%s"', async (detail, expected) => {
    const told = await toldOf(503, problem(detail));
    expect(told).toContain(`why:     ${detail}`);
    expect(told).toContain(expected);
    expect(told).toContain('way out:');
    expect(told).not.toMatch(/unexpected failure|\{"|\n\s+at /);
  });

  it('tells of an answer that is no problem report, and of none', async () => {
    expect(await toldOf(502, 'Bad gateway')).toContain('why:     it answered 502: Bad gateway');
    const told = await failureOf(await findFreePort());
    expect(told).toContain('the sync server does not answer');
    expect(told).toContain('ECONNREFUSED');
  });
});
