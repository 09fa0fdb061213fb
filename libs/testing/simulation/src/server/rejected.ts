/** Ends a mutation with `rejected`. */
export class Rejected extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`rejected: ${code}`);
    this.code = code;
  }
}
