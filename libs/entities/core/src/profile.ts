import { IsObject, IsOptional, MaxLength } from 'class-validator';
import { IsUuid, Synced, TenantEntity, isAdmin, ownTenant } from '@millrace/entities-shared';
import { rule } from '@millrace/schema-meta';
import { Column, Entity, JoinColumn, ManyToOne, Unique } from 'typeorm';
import { Tenant } from './tenant.js';
import { User } from './user.js';

const ownProfile = rule.claim('user_id', 'sub');

/** What a user tells about itself; at most one per user. */
@Entity('profiles')
@Unique(['userId'])
@Synced({ read: ownTenant, write: rule.and(ownTenant, rule.or(isAdmin, ownProfile)) })
export class Profile extends TenantEntity {
  @ManyToOne(() => Tenant, { nullable: false })
  @JoinColumn({ name: 'tenant_id' })
  tenant?: Tenant;

  @Column({ type: 'uuid' })
  @IsUuid()
  userId!: string;

  /** Goes with its user. Not `@OneToOne`, which would add a second unique index, on the pair of join columns. */
  @ManyToOne(() => User, { nullable: false, onDelete: 'CASCADE' })
  @JoinColumn([
    { name: 'tenant_id', referencedColumnName: 'tenantId' },
    { name: 'user_id', referencedColumnName: 'id' },
  ])
  user?: User;

  @Column({ type: 'text', nullable: true })
  @IsOptional()
  @MaxLength(200)
  company!: string | null;

  @Column({ type: 'text', nullable: true })
  @IsOptional()
  @MaxLength(500)
  address!: string | null;

  @Column({ type: 'text', nullable: true })
  @IsOptional()
  @MaxLength(200)
  city!: string | null;

  @Column({ type: 'text', nullable: true })
  @IsOptional()
  @MaxLength(100)
  country!: string | null;

  @Column({ type: 'text', nullable: true })
  @IsOptional()
  @MaxLength(20)
  postalCode!: string | null;

  @Column({ type: 'text', nullable: true })
  @IsOptional()
  @MaxLength(40)
  phone!: string | null;

  @Column({ type: 'text', nullable: true })
  @IsOptional()
  @MaxLength(10_000)
  bio!: string | null;

  @Column({ type: 'jsonb', default: {} })
  @IsObject()
  preferences!: Record<string, unknown>;
}
