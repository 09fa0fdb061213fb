/** Microseconds since 1970, the resolution of Postgres; a JS Date would drop the last three digits. */
export type Microseconds = bigint;

const TIMESTAMP =
  /^(?<year>\d{4,6})-(?<month>\d\d)-(?<day>\d\d)[ T](?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:\.(?<fraction>\d{1,6}))?)?(?<zone>Z|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)?(?<era> BC)?$/;

/** Beyond every finite timestamp. */
const INFINITY: Microseconds = 2n ** 63n;
const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Reads a timestamp as Postgres or ISO 8601 writes it. Text without a zone is UTC, as every session of ours has it.
 * Null: not a timestamp.
 */
export function parseTimestampText(text: string): Microseconds | null {
  if (text === 'infinity') return INFINITY;
  if (text === '-infinity') return -INFINITY;
  const parts = TIMESTAMP.exec(text)?.groups;
  if (!parts) return null;

  const year = parts['era'] === undefined ? Number(parts['year']) : 1 - Number(parts['year']);
  const date = { year, month: Number(parts['month']), day: Number(parts['day']) };
  const time = { hour: Number(parts['hour']), minute: Number(parts['minute']), second: Number(parts['second'] ?? 0) };
  if (!isDate(date) || !isTime(time)) return null;

  const seconds =
    daysSince1970(date) * 86_400 + time.hour * 3_600 + time.minute * 60 + time.second - zoneSeconds(parts['zone']);
  return BigInt(seconds) * 1_000_000n + BigInt((parts['fraction'] ?? '').padEnd(6, '0'));
}

interface CivilDate {
  /** Astronomical: 0 is 1 BC. */
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

function isDate({ year, month, day }: CivilDate): boolean {
  if (month < 1 || month > 12 || day < 1 || day > (DAYS_IN_MONTH[month - 1] ?? 0)) return false;
  return month !== 2 || day !== 29 || isLeapYear(year);
}

function isTime(time: { readonly hour: number; readonly minute: number; readonly second: number }): boolean {
  return time.hour <= 23 && time.minute <= 59 && time.second <= 59;
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Days in the proleptic Gregorian calendar, which is Postgres' own; years are counted from March, so that the leap day is the last. */
function daysSince1970({ year, month, day }: CivilDate): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const monthFromMarch = (month + 9) % 12;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  const dayOfMarchYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  return marchYear * 365 + leapDays + dayOfMarchYear - 719_468;
}

function zoneSeconds(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') return 0;
  const digits = zone.slice(1).replaceAll(':', '').padEnd(6, '0');
  const seconds = Number(digits.slice(0, 2)) * 3_600 + Number(digits.slice(2, 4)) * 60 + Number(digits.slice(4));
  return zone.startsWith('-') ? -seconds : seconds;
}
