import { DomainTables1763900000000 } from './1763900000000-domain-tables.js';

/** The domain's migrations, oldest first. */
export const domainMigrations = [DomainTables1763900000000];
