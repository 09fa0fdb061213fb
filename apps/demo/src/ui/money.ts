/** Cents as text → an amount for people. Split as text: a bigint column can hold more than a JS number can. */
export function formatMoney(cents: string, currency: string): string {
  const negative = cents.startsWith('-');
  const digits = (negative ? cents.slice(1) : cents).padStart(3, '0');
  const whole = BigInt(digits.slice(0, -2)).toLocaleString('en');
  return `${negative ? '−' : ''}${whole}.${digits.slice(-2)} ${currency.trim()}`;
}

/** What somebody typed → cents as text, or null if it is no amount. */
export function parseMoney(text: string): string | null {
  const match = /^\s*(\d{1,15})(?:[.,](\d{1,2}))?\s*$/.exec(text);
  if (!match) return null;
  return (BigInt(match[1] as string) * 100n + BigInt((match[2] ?? '').padEnd(2, '0'))).toString();
}

/** For a form: true, or what is wrong with a typed amount. */
export function checkMoney(text: string): true | string {
  return parseMoney(text) !== null || 'An amount like 120 or 120.50';
}

/** As {@link checkMoney}, and more than nothing. */
export function checkPayment(text: string): true | string {
  return parseMoney(text) === '0' ? 'More than nothing' : checkMoney(text);
}

/** Cents as text → what an input field shows. */
export function editableMoney(cents: string): string {
  const digits = cents.padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** What is left of `cents` after `paid`, both as text; never below nothing. */
export function restOf(cents: string, paid: string): string {
  const rest = BigInt(cents) - BigInt(paid);
  return (rest < 0n ? 0n : rest).toString();
}
