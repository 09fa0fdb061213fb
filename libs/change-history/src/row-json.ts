import type { Row } from '@millrace/kernel';

/**
 * A row as JSON text with its columns in name order: equal rows have equal texts, which the chain relies on. (`jsonb` keeps no order of its
 * own, so the order is re-made whenever a stored row has to be hashed.)
 */
export function canonicalJson(row: Row): string {
  let text = '';
  for (const column of Object.keys(row).sort()) {
    text += `${text ? ',' : ''}${JSON.stringify(column)}:${JSON.stringify(row[column])}`;
  }
  return `{${text}}`;
}

/** Reads what {@link canonicalJson} wrote, or `jsonb` made of it. */
export function rowFromJson(text: string): Row {
  return JSON.parse(text) as Row;
}
