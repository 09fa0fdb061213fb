import { syncedOptionsOf } from '@millrace/entities-shared';
import { getMetadataArgsStorage } from 'typeorm';
import { Invoice } from './invoice.js';
import { Payment } from './payment.js';

describe('invoices and payments', () => {
  it.each([Invoice, Payment])('%p is read and written within one tenant', (entity) => {
    const ownTenant = { op: 'claim', column: 'tenant_id', claim: 'tenantId' };
    expect(syncedOptionsOf(entity)).toMatchObject({ read: ownTenant, write: ownTenant });
  });

  it.each([Invoice, Payment])(
    '%p refers to other rows of its tenant only: each foreign key includes tenant_id [M5]',
    (entity) => {
      const storage = getMetadataArgsStorage();
      const relations = storage.relations
        .filter(({ target }) => target === entity)
        .map(({ propertyName }) => propertyName);
      expect(relations).toHaveLength(2);
      for (const relation of relations) {
        const columns = storage.joinColumns.filter(
          ({ target, propertyName }) => target === entity && propertyName === relation,
        );
        expect(columns.map(({ name }) => name)).toContain('tenant_id');
      }
    },
  );
});
