export { entities } from '../entities.js';
export { entityOptions } from './data-source-options.js';
export { createDataSource, type ConnectionOptions } from './create-data-source.js';
export { RefuseStaleVersions } from './refuse-stale-versions.js';
export { PostgresNamingStrategy } from './naming-strategy.js';
