import { v5 } from 'uuid';

const HISTORY_NAMESPACE = '0d3b1f4e-7f0c-5a86-9d6e-3f1b8f6c52aa';

/** `change_history.id`: a uuid v5 of the row's epoch and seq, so that a row can be named by one value and re-derived by anyone. */
export function historyRowId(epoch: string, seq: bigint): string {
  return v5(`${epoch}:${seq}`, HISTORY_NAMESPACE);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Canonical lower-case uuid text, as Postgres prints it. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
