import type { ClientMigration, MigrationAPI } from '@millrace/migrations-client';
import type { RunningClient } from '../core/run-client.js';

/** The specification's API on a running client. */
export function clientMigrations(running: RunningClient): MigrationAPI {
  return {
    getPendingMigrations: () => Promise.resolve(running.status.get().schema.pending),
    applyMigration: running.applyMigration,
    getMigrationStatus: async () => {
      const known = await running.migrations();
      const { version, app, fit, pending } = running.status.get().schema;
      return { version, appVersion: app, fit, applied: known.filter(({ applied }) => applied).map(appliedOf), pending };
    },
    rollbackMigration: running.rollbackMigration,
  };
}

function appliedOf({ migration: { name, version, kind }, appliedAt }: ClientMigration) {
  return { name, version, kind, appliedAt };
}
