import { builtinModules } from 'node:module';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Libraries run in workerd, browser, Node and the simulation: they take clock, random and timers as parameters and reach
 * no platform module. The boundary rule does not see Node's own modules, so they are refused here.
 */
const workspaceRoot = join(import.meta.dirname, '../../../..');

const subfolders = (folder) =>
  readdirSync(join(workspaceRoot, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
    .map((entry) => `${folder}/${entry.name}`);

const tagsOf = (folder) => {
  try {
    return JSON.parse(readFileSync(join(workspaceRoot, folder, 'package.json'), 'utf8')).nx?.tags ?? [];
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
};

const libraryFolders = ['libs', ...subfolders('libs')].flatMap(subfolders);

/** Source globs of the libraries that run under Node only. */
export const nodeLibraries = libraryFolders
  .filter((folder) => tagsOf(folder).includes('runtime:node'))
  .map((folder) => `${folder}/src/**`);

const nodeModule = {
  regex: `^(node:|(${builtinModules.filter((name) => !name.startsWith('_')).join('|')})(/|$))`,
  message: 'This library runs in every runtime: no Node modules. Take what you need as a port, or tag it runtime:node.',
};
const cloudflareModule = {
  regex: '^cloudflare:',
  message: 'This library runs in every runtime: Cloudflare modules belong in apps/worker.',
};
const randomIds = {
  name: 'uuid',
  importNames: ['v1', 'v4', 'v6', 'v7'],
  message: 'Random and time come in through the ports of @millrace/kernel.',
};

/** `import()` is no declaration, so the rule for imports does not see it; a slash can't stand in a selector. */
const dynamicImportOf = (names, message) => {
  const pattern = `/^(${names})/`;
  return ['source.value', 'source.quasis.0.value.raw'].map((path) => ({
    selector: `ImportExpression[${path}=${pattern}]`,
    message,
  }));
};
const bareNames = builtinModules.filter((name) => /^[a-z]\w*$/.test(name)).join('|');

export const platformImports = [
  ...dynamicImportOf(`node:|(${bareNames})(\\u002F|$)`, nodeModule.message),
  ...dynamicImportOf('cloudflare:', cloudflareModule.message),
];

const port = (name) => `Take ${name} as a parameter, so that tests and the simulation decide it.`;
const property = (object, name, replacement) => ({ object, property: name, message: port(replacement) });

const timers = ['setTimeout', 'setInterval', 'setImmediate'];
const platformGlobals = ['process', 'Buffer', 'window', 'document', 'localStorage', 'require'];
const notEverywhere = 'This library runs in every runtime: this global does not exist in all of them.';

const globalsExcept = (...allowed) => [
  'error',
  ...timers.map((name) => ({ name, message: port('the Clock port') })),
  ...platformGlobals.filter((name) => !allowed.includes(name)).map((name) => ({ name, message: notEverywhere })),
];

/** The same names by way of the global object. */
const globalProperties = ['globalThis', 'self', 'global'].flatMap((object) => [
  ...timers.map((name) => property(object, name, 'the Clock port')),
  ...platformGlobals.map((name) => ({ object, property: name, message: notEverywhere })),
]);

export const anyRuntimeRules = {
  'no-restricted-imports': ['error', { paths: [randomIds], patterns: [nodeModule, cloudflareModule] }],
  'no-restricted-properties': [
    'error',
    property('Date', 'now', 'the Clock port'),
    property('performance', 'now', 'the Clock port'),
    property('Math', 'random', 'the Random port'),
    property('crypto', 'randomUUID', 'the Random port'),
    property('crypto', 'getRandomValues', 'the Random port'),
    ...globalProperties,
  ],
  'no-restricted-globals': globalsExcept(),
  'no-console': 'error',
};

/** The adapter of `pg` and workerd's sockets; the Node modules it may use exist in workerd too, and `Buffer` is what `pg` speaks. */
const inBothRuntimes = '(node:)?(events|async_hooks)$';

export const socketAdapterRules = {
  'no-restricted-imports': [
    'error',
    { paths: [randomIds], patterns: [{ ...nodeModule, regex: `^(?!${inBothRuntimes})${nodeModule.regex.slice(1)}` }] },
  ],
  'no-restricted-globals': globalsExcept('Buffer'),
};
