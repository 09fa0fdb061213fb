const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** A byte count as decimal text → human units, powers of 1024 as Postgres prints them. Anything else is shown as it came. */
export function formatBytes(text: string): string {
  if (!/^-?\d+$/.test(text)) return text;
  let amount = Number(text);
  let unit = 0;
  while (Math.abs(amount) >= 1024 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || Math.abs(amount) >= 100 ? 0 : 1;
  return `${amount.toFixed(digits)} ${UNITS[unit]}`;
}
