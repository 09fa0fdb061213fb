import { recordingLogger } from '@millrace/testing';
import { fetchTemplate } from './template.js';

const gzip = Uint8Array.of(0x1f, 0x8b, 8, 0);
const tar = new Uint8Array(512);
tar.set(new TextEncoder().encode('ustar'), 257);
const answering = (answer: () => Response | Promise<Response>) => ({
  url: new URL('http://app.example/template.tar.gz'),
  fetch: () => Promise.resolve().then(answer),
  logger: recordingLogger(),
});

describe('fetchTemplate', () => {
  it.each([
    ['packed', gzip, 'application/gzip'],
    ['unpacked on the way', tar, 'application/x-tar'],
  ])('takes an image that is %s', async (_name, bytes, type) => {
    const image = await fetchTemplate(answering(() => new Response(bytes)));
    expect(image?.type).toBe(type);
    expect(image?.size).toBe(bytes.length);
  });

  it.each<[string, () => Response]>([
    ['is not there', () => new Response('not found', { status: 404 })],
    ['is a page of the app', () => new Response('<!doctype html><title>app</title>')],
    ['is empty', () => new Response(new Uint8Array())],
    [
      'cannot be reached',
      () => {
        throw new TypeError('Failed to fetch');
      },
    ],
  ])('does without one that %s', async (_name, answer) => {
    const source = answering(answer);
    expect(await fetchTemplate(source)).toBeNull();
    expect(source.logger.records.map((record) => record.level)).toEqual(['warn']);
  });
});
