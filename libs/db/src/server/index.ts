export { entities } from '../entities.js';
export { entityOptions } from './data-source-options.js';
export { createDataSource, type ConnectionOptions } from './create-data-source.js';
export { RefuseStaleVersions } from './refuse-stale-versions.js';
export { PostgresNamingStrategy } from './naming-strategy.js';
export { schemaOfEntities } from '../generate/schema-of-entities.js';
export { relationFaults } from '../generate/relation-faults.js';
export { typeConsistencySource } from '../generate/type-consistency-source.js';
export { generatedFiles } from '../generate/generated-files.js';
