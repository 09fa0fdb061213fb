export { describeCopySession, describeSqlConnection } from './conformance/sql-connection.js';
export { copySessionCases, sqlConnectionCases, type ConformanceCase } from './conformance/sql-connection-cases.js';
