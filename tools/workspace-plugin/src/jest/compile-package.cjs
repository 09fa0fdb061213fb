/**
 * Jest transformer for npm packages that Jest's CommonJS can't run as they are: those published as ES modules only, and
 * PGlite, whose `import()` calls need a VM flag. A second ts-jest entry can't do this: ts-jest keeps one configuration
 * per project, whichever of its entries is asked first.
 */
const { transformSync } = require('esbuild');

/** PGlite has locals called `require`, beside a direct `eval` that keeps esbuild from renaming them: name the module's own. */
const keepModuleRequire = (code) =>
  `const __moduleRequire = require; ${code.replaceAll('__toESM(require(', '__toESM(__moduleRequire(')}`;

module.exports = {
  process: (source, file) => {
    const { code, map } = transformSync(source, {
      sourcefile: file,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      supported: { 'dynamic-import': false },
      sourcemap: 'external',
    });
    return { code: keepModuleRequire(code), map };
  },
};
