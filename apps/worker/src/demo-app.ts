import { schema, validators } from '@millrace/db';
import { must } from '@millrace/kernel';
import type { AppDefinition } from './app.js';

/** The billing app that comes with the engine: replace `@millrace/db` and this file by your own. */
export const demoApp: AppDefinition = {
  schema,
  validators,
  devSignIn: {
    sql: `select u.id, u.email, u.display_name, u.role, u.tenant_id, t.name as tenant
            from users u join tenants t on t.id = u.tenant_id
           order by t.name, u.role, u.display_name limit 1000`,
    toUser: (row) => {
      const text = (column: string) => must(row[column], `users.${column} is null`);
      return {
        id: text('id'),
        email: text('email'),
        displayName: text('display_name'),
        role: text('role'),
        tenantId: text('tenant_id'),
        tenant: text('tenant'),
      };
    },
    toClaims: (user) => ({ sub: user.id, tenantId: user.tenantId, role: user.role, email: user.email }),
  },
};
