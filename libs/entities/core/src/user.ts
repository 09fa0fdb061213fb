import { IsEmail, IsIn, Length } from 'class-validator';
import { ServerOnly, Synced, TenantEntity, isAdmin, ownTenant } from '@millrace/entities-shared';
import { rule } from '@millrace/schema-meta';
import { Check, Column, Entity, JoinColumn, ManyToOne, Unique } from 'typeorm';
import { Tenant } from './tenant.js';

export const USER_ROLES = ['member', 'admin'] as const;
export type UserRole = (typeof USER_ROLES)[number];

/** Asked of the row before and after the write: a member who gave itself another role would no longer match. */
const ownUserInOwnRole = rule.and(rule.claim('id', 'sub'), rule.claim('role', 'role'));

/** Somebody who signs in. */
@Entity('users')
@Unique(['email'])
@Unique(['tenantId', 'id'])
@Check('users_role_check', `"role" in ('member', 'admin')`)
@Synced({ read: ownTenant, write: rule.and(ownTenant, rule.or(isAdmin, ownUserInOwnRole)) })
export class User extends TenantEntity {
  @ManyToOne(() => Tenant, { nullable: false })
  @JoinColumn({ name: 'tenant_id' })
  tenant?: Tenant;

  @Column({ type: 'text' })
  @IsEmail()
  email!: string;

  @Column({ type: 'text' })
  @Length(1, 200)
  displayName!: string;

  @Column({ type: 'text', default: 'member' })
  @IsIn(USER_ROLES)
  role!: UserRole;

  @Column({ type: 'text', nullable: true, select: false })
  @ServerOnly()
  passwordHash!: string | null;
}
