import fc from 'fast-check';
import { widenXid } from './xid8.js';

test('(F35) a 64-bit id near to a known one is found from its low half, across wrap-arounds', () => {
  const SPAN = 1n << 32n;
  fc.assert(
    fc.property(
      fc.bigInt({ min: 3n, max: SPAN * 8n }),
      fc.bigInt({ min: -(SPAN / 2n) + 1n, max: SPAN / 2n - 1n }),
      (near, distance) => {
        const xid = near + distance;
        fc.pre(xid >= 0n);
        expect(widenXid(Number(xid % SPAN), near)).toBe(xid);
      },
    ),
  );
});
