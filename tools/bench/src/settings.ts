import { Command, InvalidArgumentError } from 'commander';
import type { Bench } from './core/bench.js';

export interface BenchSettings {
  readonly benches: readonly Bench[];
  readonly json: boolean;
  readonly quick: boolean;
  readonly rows: readonly number[] | null;
  /** Folder for CPU profiles; null: none are taken. */
  readonly profile: string | null;
  /** File of the report; null: none. */
  readonly html: string | null;
}

interface Flags {
  readonly json?: true;
  readonly quick?: true;
  readonly rows?: readonly number[];
  readonly html?: string;
  readonly profile?: string;
}

export interface Catalogue {
  readonly always: readonly Bench[];
  readonly onRequest: readonly Bench[];
}

/** Reads the command line; commander prints its help and complaints, and ends the process after them. */
export function readSettings(argv: readonly string[], catalogue: Catalogue): BenchSettings {
  const all = [...catalogue.always, ...catalogue.onRequest];
  const chosen: string[] = [];
  const program = new Command('npm run bench --')
    .description('Measures what a user waits for, each figure beside the raw limit of the same work in the same run.')
    .argument(
      '[benches...]',
      `which to run: ${all.map(({ id }) => id).join(' ')}; default: all but ${names(catalogue.onRequest)}`,
    )
    .option('--json', 'one object a figure on stdout, and nothing else there')
    .option('--quick', 'little work: to see that it runs; its figures mean nothing')
    .option('--rows <counts>', 'invoices to hydrate, say 10000,100000', rowCounts)
    .option('--html <file>', 'write a report that opens from disk')
    .option(
      '--profile <folder>',
      'write CPU profiles of this process and workerd, for DevTools, and timelines of a hydration (p1); figures get slower by them',
    )
    .addHelpText('after', `\n${all.map(({ id, title }) => `  ${id.padEnd(8)} ${title}`).join('\n')}`)
    .action((ids: string[]) => void chosen.push(...ids));
  program.parse([...argv], { from: 'user' });

  const unknown = chosen.find((id) => !all.some((bench) => bench.id === id.toLowerCase()));
  if (unknown !== undefined) program.error(`error: there is no bench ${unknown}: ${all.map(({ id }) => id).join(' ')}`);
  const flags = program.opts<Flags>();
  const wanted = chosen.map((id) => id.toLowerCase());
  return {
    benches: wanted.length === 0 ? catalogue.always : all.filter(({ id }) => wanted.includes(id)),
    json: flags.json === true,
    quick: flags.quick === true,
    rows: flags.rows ?? null,
    html: flags.html ?? null,
    profile: flags.profile ?? null,
  };
}

function names(benches: readonly Bench[]): string {
  return benches.map(({ id }) => id).join(', ');
}

function rowCounts(text: string): readonly number[] {
  const counts = text.split(',').map(Number);
  if (counts.every((count) => Number.isSafeInteger(count) && count >= 1)) return counts;
  throw new InvalidArgumentError('give whole numbers from 1 upward, separated by commas');
}
