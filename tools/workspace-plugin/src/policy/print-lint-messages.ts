import { createProjectGraphAsync } from '@nx/devkit';
import { ESLint } from 'eslint';
import type { LintProbe } from './workspace.js';

/** Run as a process of its own: ESLint loads its configuration by `import()`, which Jest's VM does not have. */
const [workspaceRoot, probesJson, graph] = process.argv.slice(2);
const probes: LintProbe[] = JSON.parse(probesJson ?? '[]');

// The boundary rule reads the stored graph, and stays silent where none has been stored yet.
if (graph !== 'stored-graph') await createProjectGraphAsync({ exitOnError: true });
const eslint = new ESLint({ cwd: workspaceRoot });

const messages = [];
for (const { file, code } of probes) {
  const results = await eslint.lintText(code, { filePath: `${workspaceRoot}/${file}` });
  messages.push(results.flatMap((result) => result.messages.map(({ ruleId, message }) => ({ ruleId, message }))));
}
process.stdout.write(JSON.stringify(messages));
