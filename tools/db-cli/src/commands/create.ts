import { writeFileSync } from 'node:fs';
import { writeIndex } from '../migration-files.js';
import { migrationSourceText } from '../migration-template.js';
import { newMigration } from '../new-migration-name.js';
import type { Output } from '../output.js';
import { shown, type WorkspacePaths } from '../workspace-paths.js';

export interface CreateOptions {
  readonly paths: WorkspacePaths;
  readonly output: Output;
  readonly name: string;
  readonly dryRun: boolean;
}

/** Writes an empty migration. */
export async function create({ paths, output, name, dryRun }: CreateOptions): Promise<void> {
  const { className, file } = newMigration(paths, name);
  const purpose = 'Say here what it is for.';
  const text = await migrationSourceText({ className, purpose, statements: { up: [], down: [] }, file });
  output.data({ file: shown(paths, file) });
  if (dryRun) return output.say(`would write ${shown(paths, file)}:\n${text}`);
  writeFileSync(file, text);
  await writeIndex(paths);
  output.say(`wrote ${shown(paths, file)}`);
  output.next(`write up() and down(), then npm run migration:store-sql -- ${shown(paths, file)}`);
}
