import { join } from 'node:path';
import type { ChildHandle } from '@millrace/processes';
import { runBuild } from './run-build.js';

export interface BuildTemplateOptions {
  readonly root: string;
  readonly logFile: string;
  readonly onSpawn?: ((child: ChildHandle) => void) | undefined;
}

/** Packs the image from which browsers open new databases, unless it is there: to be done before an app that uses the client is bundled. */
export function buildTemplate(options: BuildTemplateOptions): Promise<void> {
  return runBuild({
    title: 'packing the image of a new database',
    command: [
      process.execPath,
      '--conditions=@millrace/source',
      '--import',
      'tsx',
      join(options.root, 'libs', 'pglite-client', 'scripts', 'build-template.ts'),
    ],
    cwd: options.root,
    logFile: options.logFile,
    onSpawn: options.onSpawn,
  });
}
