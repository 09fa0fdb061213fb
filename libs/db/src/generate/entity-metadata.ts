import type { EntityClass } from '@millrace/entities-shared';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { entityOptions } from '../server/data-source-options.js';

/** TypeORM's reading of the classes, without a database. */
export async function metadataOf(
  classes: readonly EntityClass[],
): Promise<Pick<DataSource, 'driver' | 'entityMetadatas'>> {
  const source = new MetadataSource({
    ...entityOptions,
    entities: [...classes] as DataSourceOptions['entities'],
    // Keeps TypeORM from loading `pg`, which nothing here would use.
    driver: { Pool: class {} },
  });
  await source.build();
  return source;
}

/** `buildMetadatas` is protected in TypeORM, and otherwise called only once a connection stands. */
class MetadataSource extends DataSource {
  build(): Promise<void> {
    return this.buildMetadatas();
  }
}
