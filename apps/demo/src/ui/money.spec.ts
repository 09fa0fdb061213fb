import { checkMoney, checkPayment, editableMoney, formatMoney, parseMoney, restOf } from './money.js';

describe('money', () => {
  it.each([
    ['0', '0.00 EUR'],
    ['5', '0.05 EUR'],
    ['-1', '−0.01 EUR'],
    ['123456', '1,234.56 EUR'],
    ['9007199254740993', '90,071,992,547,409.93 EUR'],
  ])('shows %s cents as %s', (cents, shown) => expect(formatMoney(cents, 'EUR')).toBe(shown));

  it.each([
    ['12', '1200'],
    ['12.5', '1250'],
    [' 12,05 ', '1205'],
    ['90071992547409.93', '9007199254740993'],
    ['twelve', null],
    ['-1', null],
    ['1.234', null],
  ])('reads %j as %s', (typed, cents) => expect(parseMoney(typed)).toBe(cents));

  it('says what is wrong with a typed amount', () => {
    expect(checkMoney('0')).toBe(true);
    expect(checkMoney('x')).toMatch('An amount');
    expect(checkPayment('0,00')).toMatch('More');
    expect(checkPayment('1')).toBe(true);
  });

  it('offers what it can read again', () =>
    expect(parseMoney(editableMoney('9007199254740993'))).toBe('9007199254740993'));

  it.each([
    ['500', '200', '300'],
    ['500', '700', '0'],
    ['9007199254740993', '1', '9007199254740992'],
  ])('of %s with %s paid leaves %s', (cents, paid, rest) => expect(restOf(cents, paid)).toBe(rest));
});
