import { DataSource, type DataSourceOptions } from 'typeorm';
import { entityOptions } from './data-source-options.js';
import { RefuseStaleVersions } from './refuse-stale-versions.js';

export interface ConnectionOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  readonly ssl?: boolean | { readonly rejectUnauthorized?: boolean; readonly ca?: string };
  /** Shown in `pg_stat_activity`. */
  readonly applicationName?: string;
  /** Most connections at once; 10 if not given. */
  readonly poolSize?: number;
}

/**
 * TypeORM over these entities. The caller initializes and destroys it. Migrations are not run by it: `npm run migration:run` also tells
 * the clients of them [M1].
 */
export function createDataSource({ url, ssl, applicationName, poolSize }: ConnectionOptions): DataSource {
  const options: DataSourceOptions = {
    ...entityOptions,
    url,
    subscribers: [RefuseStaleVersions],
    ...(ssl === undefined ? {} : { ssl }),
    ...(applicationName === undefined ? {} : { applicationName }),
    ...(poolSize === undefined ? {} : { poolSize }),
  };
  return new DataSource(options);
}
