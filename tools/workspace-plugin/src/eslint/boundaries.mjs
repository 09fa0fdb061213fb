/**
 * The edges between projects. Every project has one tag per dimension; all lines that match its tags apply at once.
 * Where the design needs an edge, change this table; there are no exceptions beside it.
 */
const may = (sourceTag, onlyDependOnLibsWithTags, more = {}) => ({ sourceTag, onlyDependOnLibsWithTags, ...more });
const tags = (dimension, ...names) => names.map((name) => `${dimension}:${name}`);
const types = (...names) => tags('type', ...names);
const scopes = (...names) => tags('scope', ...names);
const runtimes = (...names) => tags('runtime', ...names);

const databases = ['pg', 'typeorm', '@neondatabase/*', '@electric-sql/*'];

const typeEdges = [
  may('type:util', types('util'), { allowedExternalImports: ['tslib', '@noble/hashes', '@noble/hashes/*', 'uuid'] }),
  may('type:contract', types('contract', 'util'), { bannedExternalImports: [...databases, 'hono', 'react'] }),
  may('type:entity', types('entity', 'contract', 'util'), {
    allowedExternalImports: ['typeorm', 'class-validator', 'reflect-metadata', 'tslib'],
  }),
  may('type:adapter', types('contract', 'util')),
  may('type:data', types('data', 'entity', 'contract', 'util')),
  may('type:engine', types('engine', 'data', 'contract', 'util'), {
    bannedExternalImports: ['pg', 'typeorm', '@neondatabase/*', 'class-validator', 'hono'],
  }),
  may('type:app', types('engine', 'data', 'adapter', 'entity', 'contract', 'util'), {
    bannedExternalImports: ['typeorm'],
  }),
  may('type:testing', types('testing', 'tool', 'engine', 'data', 'adapter', 'contract', 'util')),
  may('type:tool', types('*')),
  may('type:e2e', types('*')),
];

const runtimeEdges = [
  may('runtime:any', runtimes('any')),
  may('runtime:workerd', runtimes('any', 'workerd')),
  may('runtime:browser', runtimes('any', 'browser')),
  may('runtime:node', runtimes('any', 'node')),
];

/** `sync` is what both ends speak; `server` is what only the server runs: history, sessions, the write path, the way to Postgres. */
const scopeEdges = [
  may('scope:shared', scopes('shared')),
  may('scope:schema', scopes('schema', 'shared')),
  may('scope:sync', scopes('sync', 'schema', 'shared')),
  may('scope:server', scopes('server', 'sync', 'schema', 'shared')),
  may('scope:entities', scopes('entities', 'sync', 'schema', 'shared')),
  may('scope:migrations', scopes('migrations', 'entities', 'sync', 'schema', 'shared')),
  may('scope:replication', scopes('replication', 'server', 'sync', 'schema', 'shared')),
  may('scope:hydration', scopes('hydration', 'server', 'sync', 'schema', 'shared')),
  may('scope:client', scopes('client', 'hydration', 'sync', 'schema', 'shared')),
  may(
    'scope:worker',
    scopes('worker', 'replication', 'hydration', 'server', 'migrations', 'entities', 'sync', 'schema', 'shared'),
  ),
  may('scope:admin', scopes('admin', 'sync', 'schema', 'shared')),
  may('scope:demo', scopes('demo', 'client', 'migrations', 'entities', 'sync', 'schema', 'shared')),
  may('scope:testing', scopes('*')),
  may('scope:tools', scopes('*')),
  may('scope:e2e', scopes('*')),
];

/** What a project's shipped code may depend on. */
export const sourceEdges = [...typeEdges, ...runtimeEdges, ...scopeEdges];

/** Specs may also stand on the testing libraries, on a real database brought to the engine's schema, and on the runners. */
const forSpecs = {
  type: types('testing', 'tool', 'adapter', 'data'),
  runtime: runtimes('node'),
  scope: scopes('testing', 'tools', 'migrations', 'server', 'sync', 'schema', 'shared'),
};

export const specEdges = sourceEdges.map(({ sourceTag, onlyDependOnLibsWithTags }) => ({
  sourceTag,
  onlyDependOnLibsWithTags: [...onlyDependOnLibsWithTags, ...forSpecs[sourceTag.split(':')[0]]],
}));

/** System tests compose what no product code may: every runtime at once. */
export const systemTestEdges = typeEdges;

/** Every tag the table knows. */
export const boundaryTags = sourceEdges.map(({ sourceTag }) => sourceTag);
