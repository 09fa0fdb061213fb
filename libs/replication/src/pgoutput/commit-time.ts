/** Microseconds from 1970 to 2000, where Postgres' clock starts. */
const POSTGRES_EPOCH_US = 946_684_800_000_000n;

/** A commit time of the replication protocol (µs since 2000, UTC) as Postgres prints a timestamptz in UTC: the stored and the decoded value read the same. */
export function commitTimeText(microseconds: bigint): string {
  const sinceUnix = microseconds + POSTGRES_EPOCH_US;
  const micro = ((sinceUnix % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = (sinceUnix - micro) / 1_000_000n;
  const date = new Date(Number(seconds) * 1_000).toISOString();
  const fraction = micro === 0n ? '' : `.${micro.toString().padStart(6, '0').replace(/0+$/, '')}`;
  return `${date.slice(0, 10)} ${date.slice(11, 19)}${fraction}+00`;
}

/** Wall time in ms since 1970 of such a text. */
export function commitTimeMs(text: string): number {
  return Date.parse(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`);
}
