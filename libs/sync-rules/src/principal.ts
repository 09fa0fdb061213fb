/** Claim name → value, as text. Rules see nothing else of a token. */
export type Claims = Readonly<Record<string, string>>;

/** Who speaks: the verified content of a token. */
export interface Principal {
  /** Stable id of the person or machine. */
  readonly sub: string;
  /** All claims that rules may name, `sub`, `tenantId` and `role` among them. */
  readonly claims: Claims;
  /** When the claims end to hold, in seconds since 1970. */
  readonly expiresAt: number;
}
