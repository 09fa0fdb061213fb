import fc from 'fast-check';
import { LSN_ZERO, formatLsn, lsnFrom, maxLsn, parseLsn } from './lsn.js';

describe('Lsn', () => {
  it.each([
    ['0/0', 0n, '00000000/00000000'],
    ['0/1', 1n, '00000000/00000001'],
    ['9/0', 0x9_0000_0000n, '00000009/00000000'],
    ['16/B374D848', 0x16_b374_d848n, '00000016/B374D848'],
    ['16/b374d848', 0x16_b374_d848n, '00000016/B374D848'],
    ['00000016/B374D848', 0x16_b374_d848n, '00000016/B374D848'],
    ['FFFFFFFF/FFFFFFFF', 0xffff_ffff_ffff_ffffn, 'FFFFFFFF/FFFFFFFF'],
  ])('%s ↔ %d', (text, value, padded) => {
    expect(parseLsn(text)).toBe(value);
    expect(formatLsn(lsnFrom(value))).toBe(padded);
  });

  it.each(['', '/', '0', '0/', '/0', '0/0/0', ' 0/0', '0/0\n', '-1/0', 'G/0', '123456789/0', '0x1/0', '٠/٠'])(
    '%j is none',
    (text) => {
      expect(() => parseLsn(text)).toThrow(expect.objectContaining({ code: 'invalid-lsn' }));
    },
  );

  it.each([-1n, 2n ** 64n])('%d is out of range', (value) => {
    expect(() => lsnFrom(value)).toThrow(expect.objectContaining({ code: 'invalid-lsn' }));
  });

  it("the order of the padded text is the order of the log, which that of Postgres' text is not", () => {
    const lsns = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(lsnFrom);
    fc.assert(fc.property(lsns, lsns, (a, b) => formatLsn(a) < formatLsn(b) === a < b && parseLsn(formatLsn(a)) === a));
    expect('9/0' > '16/0').toBe(true);
    expect(parseLsn('9/0') < parseLsn('16/0')).toBe(true);
  });

  it('the later of two', () => {
    expect(maxLsn(LSN_ZERO, lsnFrom(7n))).toBe(7n);
    expect(maxLsn(lsnFrom(7n), LSN_ZERO)).toBe(7n);
  });
});
