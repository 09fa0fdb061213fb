import { isUuid } from '@millrace/kernel';
import { findColumn, quoteIdent, quoteLiteral, type TableMeta } from '@millrace/schema-meta';
import { claimValue, keyCondition, ruleToSql, type Claims } from '@millrace/sync-rules';

/**
 * The rows of a table in scope, as SQL. The rule decides alone; beside it stands what every row in scope must meet in a form that an index can
 * find, where there is one: the rule itself compares texts, and would read the whole table for one tenant's few rows.
 */
export function scopeCondition(table: TableMeta, claims: Claims): string {
  const rule = ruleToSql(table.read, claims);
  const key = keyCondition(table.read);
  const value = key && claimValue(claims, key.claim);
  const type = key && findColumn(table, key.column)?.type;
  if (!key || !value || !type || !isItsOwnText(type, value)) return rule;
  return `${quoteIdent(key.column)} = ${quoteLiteral(value)}::${type} and (${rule})`;
}

/** Whether every column value whose text is `value` equals `value` cast to the type: for some types, and for others only in one spelling. */
function isItsOwnText(type: string, value: string): boolean {
  switch (type) {
    case 'text':
    case 'character varying':
      return true;
    case 'uuid':
      return isUuid(value);
    case 'smallint':
      return /^(0|-?[1-9]\d{0,3})$/.test(value);
    case 'integer':
      return /^(0|-?[1-9]\d{0,8})$/.test(value);
    case 'bigint':
      return /^(0|-?[1-9]\d{0,17})$/.test(value);
    default:
      return false;
  }
}
