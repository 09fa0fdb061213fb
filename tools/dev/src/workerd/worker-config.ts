import { readFileSync } from 'node:fs';
import { parse, printParseErrorCode } from 'jsonc-parser';
import type { ParseError } from 'jsonc-parser';

/** A Durable Object class and the name by which the Worker reaches it. */
export interface ObjectNamespace {
  readonly binding: string;
  readonly className: string;
}

/** What workerd has to know of wrangler.jsonc, so that `npm start` and `wrangler deploy` run the same Worker. */
export interface WorkerConfig {
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  readonly namespaces: readonly ObjectNamespace[];
}

interface WranglerFile {
  readonly compatibility_date?: unknown;
  readonly compatibility_flags?: readonly string[];
  readonly durable_objects?: { readonly bindings?: readonly { readonly name: string; readonly class_name: string }[] };
}

/** @throws Error if the file is not JSON with comments or names no compatibility date */
export function readWorkerConfig(file: string): WorkerConfig {
  const errors: ParseError[] = [];
  const config = parse(readFileSync(file, 'utf8'), errors, { allowTrailingComma: true }) as WranglerFile;
  const [error] = errors;
  if (error !== undefined) throw new Error(`${file}: ${printParseErrorCode(error.error)} at offset ${error.offset}`);
  if (typeof config.compatibility_date !== 'string') throw new Error(`${file}: "compatibility_date" is missing`);
  return {
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags ?? [],
    namespaces: (config.durable_objects?.bindings ?? []).map(({ name, class_name }) => ({
      binding: name,
      className: class_name,
    })),
  };
}
