import { Command, InvalidArgumentError } from 'commander';
import { runSimulation } from '@millrace/testing-simulation';
import { describeSimulation, describeSimulationFailure } from './report.js';

interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly maxFailures: number;
}

/** `npm run simulate`: more seeds than the tests have time for, or one seed again. */
async function simulate({ seeds, from, maxFailures }: Options): Promise<number> {
  const started = performance.now();
  let runs = 0;
  const report = await runSimulation({
    seeds,
    from,
    maxFailures,
    onRun: ({ failed }) => {
      runs += 1;
      if (failed || runs % 500 === 0)
        process.stderr.write(`${runs} of ${seeds} seeds${failed ? ', one failed' : ''}\n`);
    },
  });
  for (const failure of report.failures) process.stdout.write(`${describeSimulationFailure(failure, seeds === 1)}\n\n`);
  process.stdout.write(`${describeSimulation(report, (performance.now() - started) / 1000)}\n`);
  return report.failures.length === 0 ? 0 : 1;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('give a whole number from 1 upward');
  return value;
}

const options = new Command('npm run simulate --')
  .description(
    'Plays the cores of server and client against each other, with faults drawn from a seed, and checks the invariants.',
  )
  .option('--seeds <count>', 'how many seeds to play', count, 1_000)
  .option('--from <seed>', 'the first seed', count, 1)
  .option('--max-failures <count>', 'end after so many failures', count, 3)
  .parse()
  .opts<Options>();

process.exitCode = await simulate(options);
