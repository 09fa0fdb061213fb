export { columnMetaSchema, schemaMetaSchema, tableMetaSchema } from './decode-schema.js';
export {
  findColumn,
  findTable,
  quoteIdent,
  quoteLiteral,
  quoteTable,
  tableName,
  tableParts,
  type ColumnMeta,
  type ConflictPolicy,
  type SchemaMeta,
  type TableMeta,
} from './schema-meta.js';
export { rule, type Rule } from './rule.js';
export { keyFromText, keyOf, keyText } from './row-identity.js';
export { noValidators, type ValidationIssue, type Validators } from './validators.js';
