import type { Row } from '@millrace/kernel';

/** One complaint about one column, for people. */
export interface ValidationIssue {
  readonly column: string;
  readonly message: string;
}

/**
 * The app's own rules about a row's content, by table. A port: the demo implements it with class-validator on entity classes; the engine
 * knows only this. Synchronous, since it runs inside a database transaction.
 */
export interface Validators {
  /** `row`: the whole row as it would be stored, on an insert without the columns that the server fills in; `changed`: the columns that this write sets. An empty list means valid. Tables it does not know are valid. */
  validate(table: string, row: Row, changed: readonly string[]): readonly ValidationIssue[];
}

/** No rules. */
export const noValidators: Validators = { validate: () => [] };
