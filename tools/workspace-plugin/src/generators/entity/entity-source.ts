import { words } from '../names.js';

interface EntityNames {
  readonly area: string;
  /** `credit-note`. */
  readonly entity: string;
  /** `CreditNote`. */
  readonly className: string;
  /** `credit_notes`. */
  readonly table: string;
}

/** A row of one tenant that all of the tenant's people see and write, with one column to start from. */
export function entitySource({ area, entity, className, table }: EntityNames): string {
  return `import { Length } from 'class-validator';
import { Tenant } from '${area === 'core' ? './tenant.js' : '@millrace/entities-core'}';
import { Synced, TenantEntity, ownTenant } from '@millrace/entities-shared';
import { Column, Entity, JoinColumn, ManyToOne, Unique } from 'typeorm';

/** A ${words(entity)} of one tenant. */
@Entity('${table}')
// What other tables refer to, so that no row can refer to another tenant's [M5].
@Unique(['tenantId', 'id'])
@Synced({ read: ownTenant, write: ownTenant })
export class ${className} extends TenantEntity {
  @ManyToOne(() => Tenant, { nullable: false })
  @JoinColumn({ name: 'tenant_id' })
  tenant?: Tenant;

  @Column({ type: 'text' })
  @Length(1, 200)
  name!: string;
}
`;
}

export function entitySpec({ entity, className }: EntityNames): string {
  return `import { syncedOptionsOf } from '@millrace/entities-shared';
import { validateSync } from 'class-validator';
import { ${className} } from './${entity}.js';

describe('a ${words(entity)}', () => {
  it('is read and written within one tenant', () => {
    const ownTenant = { op: 'claim', column: 'tenant_id', claim: 'tenantId' };
    expect(syncedOptionsOf(${className})).toMatchObject({ read: ownTenant, write: ownTenant });
  });

  it('needs a name', () => {
    const faults = validateSync(Object.assign(new ${className}(), { name: '' }), { skipMissingProperties: true });
    expect(faults.map(({ property }) => property)).toEqual(['name']);
  });
});
`;
}
