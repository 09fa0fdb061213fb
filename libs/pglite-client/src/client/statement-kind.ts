const COMMENT_OR_SPACE = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/;
const WRITING = /^(?:insert|update|delete|merge|with|copy|call|do|execute)\b/i;
const PLAIN_SELECT = /^select\b/i;
const TRANSACTION_CONTROL = /^(?:begin|start\s+transaction|commit|end|rollback|abort|prepare\s+transaction)\b/i;

/** `control`: would end or begin a transaction under the client's feet. `write`: may change rows. */
export type StatementKind = 'read' | 'write' | 'control' | 'other';

/** By its first word. A SELECT that calls a writing function counts as a read: it is recorded all the same, only not validated early. */
export function statementKind(sql: string): StatementKind {
  const start = sql.replace(COMMENT_OR_SPACE, '');
  if (PLAIN_SELECT.test(start)) return 'read';
  if (WRITING.test(start)) return 'write';
  return TRANSACTION_CONTROL.test(start) ? 'control' : 'other';
}
