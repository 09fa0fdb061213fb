import { DomainTables1763900000000 } from './1763900000000-domain-tables.js';

/** The domain’s migrations, oldest first. Written by `migration:generate`, `migration:create` and `migration:cleanup`. */
export const domainMigrations = [DomainTables1763900000000];
