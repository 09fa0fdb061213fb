import { BaseEntity } from '@millrace/entities-shared';
import {
  EventSubscriber,
  OptimisticLockVersionMismatchError,
  type EntitySubscriberInterface,
  type UpdateEvent,
} from 'typeorm';

/**
 * Saving a row that somebody else has changed since it was read is refused; TypeORM alone would write over it. The row is locked for the
 * comparison, so that nobody comes in between. An entity that is saved without its `version` says nothing of what it was made from, and is not compared.
 */
@EventSubscriber()
export class RefuseStaleVersions implements EntitySubscriberInterface<BaseEntity> {
  listenTo(): typeof BaseEntity {
    return BaseEntity;
  }

  async beforeUpdate({ entity, metadata, queryRunner }: UpdateEvent<BaseEntity>): Promise<void> {
    const { id, version } = (entity ?? {}) as Partial<BaseEntity>;
    if (id === undefined || version === undefined) return;
    const rows = (await queryRunner.query(`select version from ${metadata.tablePath} where id = $1 for update`, [
      id,
    ])) as { version: number }[];
    const current = rows[0]?.version;
    if (current !== undefined && current !== version) {
      throw new OptimisticLockVersionMismatchError(metadata.name, version, current);
    }
  }
}
