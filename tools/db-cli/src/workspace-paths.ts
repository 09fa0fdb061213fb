import { join, relative } from 'node:path';
import { findWorkspaceRoot } from '@millrace/processes';

/** Where migrations and what is made of them are kept. */
export interface WorkspacePaths {
  readonly root: string;
  readonly migrations: string;
  /** Holds the manifest and the processed files. */
  readonly store: string;
  readonly schemaVersion: string;
}

export function workspacePaths(root: string = findWorkspaceRoot()): WorkspacePaths {
  const server = join(root, 'libs/migrations/server');
  return {
    root,
    migrations: join(server, 'src/domain'),
    store: server,
    schemaVersion: join(root, 'libs/db/src/schema-version.ts'),
  };
}

/** As a person types it, from the root of the workspace. */
export function shown(paths: WorkspacePaths, file: string): string {
  return relative(paths.root, file);
}
