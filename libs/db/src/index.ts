export { schema } from './schema.generated.js';
export { SCHEMA_VERSION } from './schema-version.js';
export { validators } from './validation/validators.js';
export { entityValidators, type RuledClass } from './validation/entity-validators.js';
export type {
  InvoiceRecord,
  InvoiceRow,
  JsonValue,
  PaymentRecord,
  PaymentRow,
  ProfileRecord,
  ProfileRow,
  TenantRecord,
  TenantRow,
  UserRecord,
  UserRow,
} from './rows.generated.js';
