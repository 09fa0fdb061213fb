import type { DataSourceOptions } from 'typeorm';
import { entities } from '../entities.js';
import { PostgresNamingStrategy } from './naming-strategy.js';

/** How TypeORM is to read the entities, wherever they meet a Postgres; the connection is the caller's. Node only. */
export const entityOptions = {
  type: 'postgres',
  entities: Object.values(entities),
  namingStrategy: new PostgresNamingStrategy(),
  // gen_random_uuid() is part of Postgres since 13: no extension has to be installed.
  uuidExtension: 'pgcrypto',
  installExtensions: false,
} as const satisfies Partial<DataSourceOptions>;
