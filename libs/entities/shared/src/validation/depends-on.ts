import type { ValidationOptions } from 'class-validator';

/** Carried by a rule that looks at more than its own property. */
interface RuleContext {
  readonly dependsOn: readonly string[];
}

/** Marks a rule as reading other properties too: it is asked again when one of those changes. */
export function dependsOn(...properties: readonly string[]): ValidationOptions {
  return { context: { dependsOn: properties } satisfies RuleContext };
}

/** The other properties that a violated rule reads, from its context as class-validator reports it. */
export function dependenciesOf(context: unknown): readonly string[] {
  return (context as Partial<RuleContext> | undefined)?.dependsOn ?? [];
}
