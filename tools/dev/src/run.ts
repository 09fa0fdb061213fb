import { describeFailure, findWorkspaceRoot, refOf } from '@millrace/processes';
import type { DataDir } from './data-dir.js';
import type { Reporter } from './reporter.js';
import type { Secrets } from './secrets.js';
import type { StartSettings } from './settings.js';
import { createChildren } from './supervisor/children.js';
import type { Children } from './supervisor/children.js';
import { writeRunFile } from './supervisor/run-file.js';
import { createShutdown } from './supervisor/shutdown.js';
import type { Shutdown } from './supervisor/shutdown.js';

/** What the parts of one `npm start` share. */
export interface Run {
  readonly settings: StartSettings;
  readonly dataDir: DataDir;
  readonly secrets: Secrets;
  readonly reporter: Reporter;
  /** The workspace. */
  readonly root: string;
  /** Where people open it. */
  readonly url: string;
  readonly children: Children;
  readonly shutdown: Shutdown;
  /** Writes the database down, for `npm run psql`. */
  recordDatabase(databaseUrl: string): void;
}

/** A run that holds its data directory; whatever runs is written down from now on. */
export function createRun(given: Pick<Run, 'settings' | 'dataDir' | 'secrets' | 'reporter'>): Run {
  const url = `http://localhost:${given.settings.port}`;
  let databaseUrl: string | null = null;
  const record = (): void => {
    writeRunFile(given.dataDir.runFile, {
      supervisor: refOf(process.pid),
      url,
      databaseUrl,
      children: children.refs(),
    });
  };
  const children = createChildren(record);
  record();
  return {
    ...given,
    root: findWorkspaceRoot(),
    url,
    children,
    shutdown: createShutdown(
      () => children.endAll(),
      (error) => given.reporter.line(describeFailure(error)),
    ),
    recordDatabase: (known) => {
      databaseUrl = known;
      record();
    },
  };
}
