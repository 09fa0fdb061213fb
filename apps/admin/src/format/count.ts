/** A count as number or decimal text, with thousands apart. Decimal text stays exact beyond 2^53. */
export function formatCount(count: number | string): string {
  if (typeof count === 'number') return count.toLocaleString('en');
  return /^\d+$/.test(count) ? BigInt(count).toLocaleString('en') : count;
}

/** A rate per second; null (unknown) as a dash. */
export function formatRate(perSecond: number | null): string {
  if (perSecond === null) return '–';
  if (perSecond === 0) return '0';
  return perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond).toLocaleString('en');
}
