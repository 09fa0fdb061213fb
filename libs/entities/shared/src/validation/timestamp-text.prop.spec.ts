import fc from 'fast-check';
import { parseTimestampText } from './timestamp-text.js';

describe('parseTimestampText', () => {
  it('agrees with Date wherever that is exact', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(-62_135_596_800_000), max: new Date(253_402_300_799_999), noInvalidDate: true }),
        (date) => {
          expect(parseTimestampText(date.toISOString())).toBe(BigInt(date.getTime()) * 1_000n);
        },
      ),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseTimestampText(text);
      }),
    );
  });
});
