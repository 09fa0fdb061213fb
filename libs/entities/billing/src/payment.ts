import { IsIn, IsOptional, Matches, MaxLength } from 'class-validator';
import { Tenant } from '@millrace/entities-core';
import { IsIntegerText, IsTimestamp, IsUuid, Synced, TenantEntity, ownTenant } from '@millrace/entities-shared';
import { Check, Column, Entity, Index, JoinColumn, ManyToOne } from 'typeorm';
import { CURRENCY_CODE, CURRENCY_MESSAGE } from './currency.js';
import { Invoice } from './invoice.js';

export const PAYMENT_METHODS = ['card', 'bank_transfer', 'cash'] as const;
export type PaymentMethod = (typeof PAYMENT_METHODS)[number];

export const PAYMENT_STATUSES = ['pending', 'succeeded', 'failed', 'refunded'] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

/** Money that came in, or should, for an invoice. */
@Entity('payments')
@Index(['tenantId', 'invoiceId'])
@Check('payments_amount_check', '"amount_cents" >= 0')
@Synced({ read: ownTenant, write: ownTenant })
export class Payment extends TenantEntity {
  @ManyToOne(() => Tenant, { nullable: false })
  @JoinColumn({ name: 'tenant_id' })
  tenant?: Tenant;

  @Column({ type: 'uuid' })
  @IsUuid()
  invoiceId!: string;

  @ManyToOne(() => Invoice, { nullable: false })
  @JoinColumn([
    { name: 'tenant_id', referencedColumnName: 'tenantId' },
    { name: 'invoice_id', referencedColumnName: 'id' },
  ])
  invoice?: Invoice;

  /** Decimal text: a bigint does not fit a JS number. */
  @Column({ type: 'bigint' })
  @IsIntegerText({ min: 0n })
  amountCents!: string;

  @Column({ type: 'char', length: 3 })
  @Matches(CURRENCY_CODE, { message: CURRENCY_MESSAGE })
  currency!: string;

  @Column({ type: 'enum', enum: PAYMENT_METHODS, enumName: 'payment_method' })
  @IsIn(PAYMENT_METHODS)
  method!: PaymentMethod;

  @Column({ type: 'enum', enum: PAYMENT_STATUSES, enumName: 'payment_status', default: 'pending' })
  @IsIn(PAYMENT_STATUSES)
  status!: PaymentStatus;

  @Column({ type: 'timestamptz', nullable: true })
  @IsOptional()
  @IsTimestamp()
  paidAt!: Date | null;

  @Column({ type: 'text', nullable: true })
  @IsOptional()
  @MaxLength(200)
  reference!: string | null;
}
