const { formatFiles } = require('@nx/devkit');
const { require: load } = require('tsx/cjs/api');

/** Nx requires generators as they are; tsx lets them be written like everything else here. */
const generator = (path, name) => async (tree, options) => {
  const afterwards = await load(path, module.filename)[name](tree, options);
  await formatFiles(tree);
  return afterwards;
};

exports.lib = generator('./lib/generator.ts', 'libGenerator');
exports.entity = generator('./entity/generator.ts', 'entityGenerator');
