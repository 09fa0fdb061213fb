import { Column } from 'typeorm';
import { BaseEntity } from './base-entity.js';
import { IsUuid } from './validation/is-uuid.js';

/** A row that belongs to one tenant. The concrete class declares the foreign keys; they include `tenant_id`. */
export abstract class TenantEntity extends BaseEntity {
  @Column({ type: 'uuid' })
  @IsUuid()
  tenantId!: string;
}
