import type { SchemaMeta, Validators } from '@millrace/schema-meta';
import type { Claims } from '@millrace/sync-rules';
import type { DevUser } from '@millrace/sync-protocol';
import type { Row } from '@millrace/kernel';

/** What makes the engine somebody's application: the schema, its validation, and (for development) who can sign in. */
export interface AppDefinition {
  readonly schema: SchemaMeta;
  readonly validators: Validators;
  /** How `/api/dev/sign-in` finds users. Absent: there is no such route. */
  readonly devSignIn?: DevSignIn;
}

export interface DevSignIn {
  /** Lists all users; columns as {@link toUser} reads them. */
  readonly sql: string;
  toUser(row: Row): DevUser;
  /** Claims of a token for this user. */
  toClaims(user: DevUser): Claims;
}
