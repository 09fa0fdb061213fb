export interface MigrateOptions {
  /** Connection string of a role that may create schemas and tables. */
  readonly url: string;
  /** Told a line per step. */
  readonly log?: (line: string) => void;
}
