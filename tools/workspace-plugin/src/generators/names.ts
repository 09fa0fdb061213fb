/** `credit-note` → `CreditNote`. */
export function pascalCase(kebab: string): string {
  return kebab.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `credit-note` → `creditNote`. */
export function camelCase(kebab: string): string {
  const pascal = pascalCase(kebab);
  return pascal.charAt(0).toLowerCase() + pascal.slice(1);
}

/** `credit-note` → `credit_notes`. Irregular plurals are the caller's to give. */
export function tableNameOf(kebab: string): string {
  return plural(kebab.replaceAll('-', '_'));
}

/** `credit-note` → `credit note`, for sentences. */
export function words(kebab: string): string {
  return kebab.replaceAll('-', ' ');
}

function plural(word: string): string {
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return /(s|x|z|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;
}
