import { Length, Matches } from 'class-validator';
import { BaseEntity, Synced, isAdmin } from '@millrace/entities-shared';
import { rule } from '@millrace/schema-meta';
import { Column, Entity, Unique } from 'typeorm';

const ownTenantRow = rule.claim('id', 'tenantId');

/** A company that uses the app; the border that no row crosses. */
@Entity('tenants')
@Unique(['slug'])
@Synced({ read: ownTenantRow, write: rule.and(ownTenantRow, isAdmin) })
export class Tenant extends BaseEntity {
  @Column({ type: 'text' })
  @Length(1, 200)
  name!: string;

  /** Name in addresses. */
  @Column({ type: 'text' })
  @Matches(/^[a-z0-9]+(-[a-z0-9]+)*$/, {
    message: '$property must consist of lower-case letters, digits and single dashes',
  })
  @Length(1, 63)
  slug!: string;
}
