const { mkdirSync, writeFileSync } = require('node:fs');
const { basename, join } = require('node:path');

/** Leaves the counts of one run of Jest in MILLRACE_TEST_RESULTS_DIR, where `npm test` adds them up. */
module.exports = class JestCountReporter {
  constructor(globalConfig) {
    this.rootDir = globalConfig.rootDir;
  }

  onRunComplete(contexts, results) {
    const folder = process.env.MILLRACE_TEST_RESULTS_DIR;
    mkdirSync(folder, { recursive: true });
    const tests = results.testResults.flatMap((suite) => suite.testResults);
    const named = (...states) => tests.filter(({ status }) => states.includes(status)).map(({ fullName }) => fullName);
    const counts = {
      project: nameOf(contexts) ?? basename(this.rootDir),
      passed: results.numPassedTests,
      // A suite that could not be run at all has no failed test to show for it.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
      skippedNames: named('pending', 'todo', 'skipped', 'disabled'),
    };
    writeFileSync(join(folder, `${counts.project}-${process.pid}.json`), JSON.stringify(counts));
  }
};

/** The display name, which is the project's name in the workspace. */
function nameOf(contexts) {
  const [context] = contexts;
  return context?.config.displayName?.name;
}
