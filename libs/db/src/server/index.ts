export { entities } from '../entities.js';
export { entityOptions } from './data-source-options.js';
export { PostgresNamingStrategy } from './naming-strategy.js';
