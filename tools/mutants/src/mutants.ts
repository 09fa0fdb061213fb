import { execFileSync } from 'node:child_process';
import { Command } from 'commander';
import { CATALOGUE } from './catalogue/index.js';
import type { Mutant } from './mutant.js';
import { runKiller, type KillerResult } from './run-killers.js';
import { copyTree, type TreeCopy } from './tree-copy.js';

interface Options {
  readonly only?: string;
  readonly timeout: string;
  readonly list?: true;
}

const program = new Command('npm run mutants --')
  .description(
    'Puts known mistakes back in, one at a time, on a copy of the tree: the named tests must turn red. Prints killed / total.',
  )
  .option('--only <text>', 'only mutants whose name contains this text')
  .option('--timeout <seconds>', 'longest time of one test', '180')
  .option('--list', 'list the mutants and what each would do to somebody’s data')
  .parse();

const options = program.opts<Options>();
const chosen = CATALOGUE.filter((mutant) => mutant.name.includes(options.only ?? ''));
if (options.list) chosen.forEach((mutant) => console.log(`${mutant.name}\n    ${mutant.harm}`));
else process.exitCode = (await runAll(chosen)) ? 0 : 1;

async function runAll(mutants: readonly Mutant[]): Promise<boolean> {
  if (mutants.length === 0) {
    console.error('no mutant has such a name; --list shows all');
    return false;
  }
  const root = execFileSync('git', ['rev-parse', '--show-toplevel']).toString().trim();
  using tree = copyTree(root);
  let killed = 0;
  for (const mutant of mutants) {
    const began = Date.now();
    const survivors = await survivorsOf(tree, mutant);
    if (survivors.length === 0) killed += 1;
    console.log(
      `${survivors.length === 0 ? 'killed  ' : 'SURVIVED'}  ${mutant.name}  (${((Date.now() - began) / 1000).toFixed(0)} s)`,
    );
    survivors.forEach((survivor) => console.log(`            ${survivor}`));
  }
  console.log(`${killed} killed / ${mutants.length} total`);
  return killed === mutants.length;
}

/** Which of a mutant's tests did not do their duty: green on the mistake, or not green without it. */
async function survivorsOf(tree: TreeCopy, mutant: Mutant): Promise<readonly string[]> {
  const timeoutMs = Number(options.timeout) * 1000;
  const survivors: string[] = [];
  for (const killer of mutant.killedBy) {
    const healthy = await runKiller(tree.root, killer, timeoutMs);
    if (healthy !== 'passed') {
      survivors.push(`${killer.spec}: "${killer.test}" ${describe(healthy)} without the mistake`);
      continue;
    }
    const undo = tree.edit(mutant.edits);
    try {
      const sick = await runKiller(tree.root, killer, timeoutMs);
      if (sick !== 'failed') survivors.push(`${killer.spec}: "${killer.test}" ${describe(sick)} with the mistake`);
    } finally {
      undo();
    }
  }
  return survivors;
}

function describe(result: KillerResult): string {
  return result === 'did-not-run' ? 'did not run' : result;
}
