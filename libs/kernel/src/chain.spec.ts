import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { chainLink, chainNext, chainStart } from './chain.js';

const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 32);
const EPOCH = '00000000-0000-4000-8000-000000000001';

describe('the chain of a history [E1]', () => {
  it('is SHA-256, as another implementation has it', () => {
    expect(chainStart(EPOCH)).toBe(sha256(`millrace-epoch:${EPOCH}`));
    expect(chainNext(chainStart(EPOCH), 'é😀')).toBe(sha256(`${sha256(`millrace-epoch:${EPOCH}`)}\né😀`));
  });

  it('is frozen: histories that are stored already must go on', () => {
    expect(chainStart(EPOCH)).toBe('88f58d940bd64667ba636a32a0681b1a');
  });

  it('differs for another epoch, another order, another content', () => {
    const contents = fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 5 });
    const endOf = (epoch: string, list: readonly string[]) => list.reduce(chainNext, chainStart(epoch));
    fc.assert(
      fc.property(contents, (list) => {
        const end = endOf(EPOCH, list);
        expect(endOf(EPOCH, [...list].reverse())).not.toBe(end);
        expect(endOf(EPOCH, list.slice(1))).not.toBe(end);
        expect(endOf(EPOCH.replace('1', '2'), list)).not.toBe(end);
        expect(end).toMatch(/^[0-9a-f]{32}$/);
      }),
    );
  });

  it('is the same for a content that comes in parts', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), (lines) => {
        const link = lines.reduce((open, line) => open.add(line), chainLink('a'));
        expect(link.end()).toBe(chainNext('a', lines.join('\n')));
      }),
    );
  });

  it('no two splits of a text into transactions end alike', () => {
    expect(chainNext(chainNext('a', 'b'), 'c')).not.toBe(chainNext('a', 'b\nc'));
  });
});
