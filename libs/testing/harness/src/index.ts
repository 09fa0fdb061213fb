export { acquireDatabase } from '@millrace/testing-postgres';
export type { AcquireOptions, TestDatabase } from '@millrace/testing-postgres';
