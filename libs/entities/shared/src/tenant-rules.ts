import { rule } from '@millrace/schema-meta';

/** Rows of the principal's own tenant. First in each rule: it is what gives rows their row key [H6]. */
export const ownTenant = rule.claim('tenant_id', 'tenantId');

/** The principal administers its tenant. */
export const isAdmin = rule.hasClaim('role', 'admin');
