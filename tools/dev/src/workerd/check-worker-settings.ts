import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError, findWorkspaceRoot } from '@millrace/processes';

/** What the Worker's own check of its settings looks like from here. */
interface SettingsModule {
  readonly readSettings: (env: Readonly<Record<string, string>>) => unknown;
}

/**
 * Refuses a wrong setting before anything is started: by the Worker's own check, taken from the source that is about to be bundled,
 * so that the two can't differ.
 * @throws UserError naming the variable and what it should be; never its value, which may be a secret
 */
export async function checkWorkerSettings(env: Readonly<Record<string, string>>): Promise<void> {
  const source = join(findWorkspaceRoot(), 'apps', 'worker', 'src', 'settings.ts');
  const { readSettings } = (await import(pathToFileURL(source).href)) as SettingsModule;
  try {
    readSettings(env);
  } catch (error) {
    throw refusal(error);
  }
}

/** `setting NAME must be …`: a name that a person has set, and what is wrong with it. */
const OF_A_SETTING = /^setting (\w+) (.*)$/s;

function refusal(error: unknown): unknown {
  const [, name, why] = OF_A_SETTING.exec(error instanceof Error ? error.message : '') ?? [];
  if (name === undefined || why === undefined) return error;
  return new UserError(
    `${name} can't be used`,
    { why: `it ${why}`, wayOut: [`set it so, or unset it`, 'npm start -- --help lists all settings'] },
    error,
  );
}
