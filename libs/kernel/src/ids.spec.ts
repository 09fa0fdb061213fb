import { createHash } from 'node:crypto';
import { historyRowId, isUuid } from './ids.js';

/** RFC 9562 §5.5, written down once more, so that the ids do not depend on a package's word. */
function uuidV5(name: string, namespace: string): string {
  const bytes = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name, 'utf8')
    .digest()
    .subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

describe('the id of a history row', () => {
  it('the check itself knows the vector of RFC 9562', () => {
    expect(uuidV5('www.example.com', '6ba7b810-9dad-11d1-80b4-00c04fd430c8')).toBe(
      '2ed6657d-e927-568b-95e1-2665a8aea6a2',
    );
  });

  it.each([
    ['00000000-0000-4000-8000-000000000001', 1n],
    ['00000000-0000-4000-8000-000000000001', 2n],
    ['00000000-0000-4000-8000-000000000002', 9_223_372_036_854_775_807n],
  ])('is the uuid v5 of %s and %d', (epoch, seq) => {
    const id = historyRowId(epoch, seq);
    expect(id).toBe(uuidV5(`${epoch}:${seq}`, '0d3b1f4e-7f0c-5a86-9d6e-3f1b8f6c52aa'));
    expect(isUuid(id)).toBe(true);
  });

  it.each([
    '',
    '00000000-0000-4000-8000-00000000000',
    '00000000-0000-4000-8000-00000000000A',
    '{00000000-0000-4000-8000-000000000001}',
    '00000000-0000-4000-8000-000000000001\n',
  ])('%j is no canonical uuid', (text) => expect(isUuid(text)).toBe(false));
});
