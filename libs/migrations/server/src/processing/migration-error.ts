/** What is wrong with a migration. */
export const migrationFaults = [
  'syntax',
  'failed',
  'forbidden',
  'reads-rows',
  'missing-dependency',
  'changed-after-release',
  'out-of-order',
  'not-inverted',
  'not-immutable',
  'not-null-without-default',
  'key',
  'replica-identity',
  'unsupported',
  'entities-differ',
  'replica-differs',
  'lowered',
  'not-stored',
] as const;
export type MigrationFault = (typeof migrationFaults)[number];

export interface MigrationErrorDetails {
  readonly fault: MigrationFault;
  /** Class name of the migration. */
  readonly migration: string;
  /** Where it is written, from the root of the workspace; null for one that has no file. */
  readonly file?: string | null;
  /** The statement that it is about; null if it is about the whole. */
  readonly statement?: string | null;
  readonly reason: string;
  /** What to do now. */
  readonly advice: string;
}

/** A migration that is refused before it reaches a database: where, what, why, and what to do. */
export class MigrationError extends Error {
  readonly fault: MigrationFault;
  readonly migration: string;
  readonly file: string | null;
  readonly statement: string | null;
  readonly reason: string;
  readonly advice: string;

  constructor(details: MigrationErrorDetails, options?: { readonly cause?: unknown }) {
    const { fault, migration, file = null, statement = null, reason, advice } = details;
    super(
      [
        `${fault}: ${migration}${file === null ? '' : ` (${file})`}`,
        ...(statement === null ? [] : [`  statement: ${statement}`]),
        `  reason:    ${reason}`,
        `  what to do: ${advice}`,
      ].join('\n'),
      options,
    );
    this.name = 'MigrationError';
    this.fault = fault;
    this.migration = migration;
    this.file = file;
    this.statement = statement;
    this.reason = reason;
    this.advice = advice;
  }
}
