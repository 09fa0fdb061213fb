import { IsIn, IsOptional, Length, Matches, MaxLength } from 'class-validator';
import { Tenant, User } from '@millrace/entities-core';
import {
  IsIntegerText,
  IsNotBefore,
  IsTimestamp,
  IsUuid,
  Synced,
  TenantEntity,
  ownTenant,
} from '@millrace/entities-shared';
import { Check, Column, Entity, Index, JoinColumn, ManyToOne, Unique } from 'typeorm';
import { CURRENCY_CODE, CURRENCY_MESSAGE } from './currency.js';

export const INVOICE_STATUSES = ['draft', 'open', 'paid', 'void'] as const;
export type InvoiceStatus = (typeof INVOICE_STATUSES)[number];

/** A bill to one of the tenant's users. */
@Entity('invoices')
@Unique(['tenantId', 'id'])
@Unique(['tenantId', 'number'])
@Index(['tenantId', 'userId'])
@Check('invoices_amount_check', '"amount_cents" >= 0')
@Check('invoices_due_check', '"due_at" >= "issued_at"')
@Synced({ read: ownTenant, write: ownTenant })
export class Invoice extends TenantEntity {
  @ManyToOne(() => Tenant, { nullable: false })
  @JoinColumn({ name: 'tenant_id' })
  tenant?: Tenant;

  @Column({ type: 'uuid' })
  @IsUuid()
  userId!: string;

  @ManyToOne(() => User, { nullable: false })
  @JoinColumn([
    { name: 'tenant_id', referencedColumnName: 'tenantId' },
    { name: 'user_id', referencedColumnName: 'id' },
  ])
  user?: User;

  /** Unique within the tenant. */
  @Column({ type: 'text' })
  @Length(1, 40)
  number!: string;

  @Column({ type: 'enum', enum: INVOICE_STATUSES, enumName: 'invoice_status', default: 'draft' })
  @IsIn(INVOICE_STATUSES)
  status!: InvoiceStatus;

  @Column({ type: 'char', length: 3 })
  @Matches(CURRENCY_CODE, { message: CURRENCY_MESSAGE })
  currency!: string;

  /** Decimal text: a bigint does not fit a JS number. */
  @Column({ type: 'bigint' })
  @IsIntegerText({ min: 0n })
  amountCents!: string;

  @Column({ type: 'timestamptz' })
  @IsTimestamp()
  issuedAt!: Date;

  @Column({ type: 'timestamptz' })
  @IsTimestamp()
  @IsNotBefore('issuedAt')
  dueAt!: Date;

  @Column({ type: 'text', nullable: true })
  @IsOptional()
  @MaxLength(10_000)
  notes!: string | null;
}
