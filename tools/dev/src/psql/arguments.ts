import { parseArgs } from 'node:util';
import { UserError } from '@millrace/processes';

/** One thing to run, in the order given. */
export type PsqlAction =
  | { readonly kind: 'command'; readonly sql: string }
  | { readonly kind: 'file'; readonly path: string };

/** The part of psql's command line that the built-in runner knows. */
export interface PsqlArguments {
  readonly actions: readonly PsqlAction[];
  readonly variables: ReadonlyMap<string, string>;
  readonly aligned: boolean;
  readonly tuplesOnly: boolean;
  readonly quiet: boolean;
  readonly separator: string;
}

const OPTIONS = {
  command: { type: 'string', short: 'c', multiple: true },
  file: { type: 'string', short: 'f', multiple: true },
  set: { type: 'string', short: 'v', multiple: true },
  'no-align': { type: 'boolean', short: 'A' },
  'tuples-only': { type: 'boolean', short: 't' },
  quiet: { type: 'boolean', short: 'q' },
  'no-psqlrc': { type: 'boolean', short: 'X' },
  'field-separator': { type: 'string', short: 'F' },
} as const;

/** @throws UserError for anything that only psql itself can do */
export function parsePsqlArguments(words: readonly string[]): PsqlArguments {
  const { values, tokens } = parse(words);
  return {
    actions: tokens.flatMap((token): PsqlAction[] => {
      if (token.kind !== 'option' || typeof token.value !== 'string') return [];
      if (token.name === 'command') return [{ kind: 'command', sql: token.value }];
      return token.name === 'file' ? [{ kind: 'file', path: token.value }] : [];
    }),
    variables: new Map((values.set ?? []).map(assignment)),
    aligned: values['no-align'] !== true,
    tuplesOnly: values['tuples-only'] === true,
    quiet: values.quiet === true,
    separator: values['field-separator'] ?? '|',
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS, tokens: true, strict: true, allowPositionals: false });
  } catch (cause) {
    throw new UserError(
      (cause as Error).message,
      {
        why: 'psql is not in the PATH, and the runner that stands in for it knows -c -f -v -A -t -q -X -F only',
        wayOut: ['install psql (Debian: apt-get install postgresql-client; macOS: brew install libpq)'],
      },
      cause,
    );
  }
}

function assignment(text: string): [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
