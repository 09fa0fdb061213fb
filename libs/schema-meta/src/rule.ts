/**
 * A sync rule: a condition over a row's columns and the token's claims. A value, not a function, because it must become three
 * things that may never disagree: the snapshot's SQL, the stream's row predicate, and the row keys (X30).
 */
export type Rule =
  /** Every row. */
  | { readonly op: 'all' }
  /** `column = claim`: the form that gives rows their row key [H6]. */
  | { readonly op: 'claim'; readonly column: string; readonly claim: string }
  /** `column = value`, by Postgres text. */
  | { readonly op: 'value'; readonly column: string; readonly value: string }
  /** The principal's claim has this value, whatever the row. */
  | { readonly op: 'has-claim'; readonly claim: string; readonly value: string }
  | { readonly op: 'and'; readonly rules: readonly Rule[] }
  | { readonly op: 'or'; readonly rules: readonly Rule[] }
  | { readonly op: 'not'; readonly rule: Rule };

/** Builders, so that rules read well where they are declared. */
export const rule = {
  all: (): Rule => ({ op: 'all' }),
  claim: (column: string, claim: string): Rule => ({ op: 'claim', column, claim }),
  value: (column: string, value: string): Rule => ({ op: 'value', column, value }),
  hasClaim: (claim: string, value: string): Rule => ({ op: 'has-claim', claim, value }),
  and: (...rules: readonly Rule[]): Rule => ({ op: 'and', rules }),
  or: (...rules: readonly Rule[]): Rule => ({ op: 'or', rules }),
  not: (inner: Rule): Rule => ({ op: 'not', rule: inner }),
} as const;
