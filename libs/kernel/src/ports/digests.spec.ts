import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { portableHash } from './digests.js';

test('a digest is the same by either implementation, whatever its pieces are', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (pieces) => {
      const [portable, native] = [portableHash, createHash].map((begin) =>
        pieces.reduce((open, piece) => open.update(piece), begin('sha256')).digest('hex'),
      );
      expect(portable).toBe(native);
    }),
  );
});
