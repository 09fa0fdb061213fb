import { createInterface } from 'node:readline/promises';
import { parseRename, type AskRename, type RenameOptions } from './generate/renames.js';

/** What was said about renames, and whom else to ask: whoever sits at the terminal. */
export function renameOptions({
  rename = true,
  json,
}: {
  readonly rename?: readonly string[] | boolean;
  readonly json: boolean;
}): RenameOptions {
  if (rename === false) return { given: [], ask: () => Promise.resolve(false) };
  const given = rename === true ? [] : rename.map(parseRename);
  const isAttended = process.stdin.isTTY && process.stdout.isTTY && !json;
  return { given, ask: isAttended ? askAtTerminal : null };
}

const askAtTerminal: AskRename = async ({ table, from, to }) => {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(
      `${table}.${from} goes and ${to} comes. Is it renamed, with its values? [y/n] `,
    );
    return /^y/i.test(answer.trim());
  } finally {
    terminal.close();
  }
};
