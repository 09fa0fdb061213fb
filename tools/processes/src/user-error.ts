/** What a person needs to mend a failure: why it happened and the way out. */
export interface Remedy {
  /** The cause, as far as it is known. */
  readonly why: string;
  /** What to do now, one line each. */
  readonly wayOut: readonly string[];
}

/** A failure that a person can mend. It is printed without a stack; the command then ends with exit code 1. */
export class UserError extends Error {
  readonly why: string;
  readonly wayOut: readonly string[];

  constructor(what: string, remedy: Remedy, cause?: unknown) {
    super(what, cause === undefined ? undefined : { cause });
    this.name = 'UserError';
    this.why = remedy.why;
    this.wayOut = remedy.wayOut;
  }
}

/** The text of a failure: what happened, why, what to do. Errors that nobody foresaw keep their stack. */
export function describeFailure(error: unknown): string {
  if (error instanceof UserError) {
    return [`✗ ${error.message}`, `  why:     ${error.why}`, ...wayOutLines(error.wayOut)].join('\n');
  }
  return `✗ unexpected failure\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

function wayOutLines(wayOut: readonly string[]): string[] {
  return wayOut.map((line, index) => (index === 0 ? `  way out: ${line}` : `           ${line}`));
}
