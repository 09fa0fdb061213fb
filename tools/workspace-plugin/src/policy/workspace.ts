import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const workspaceRoot = join(import.meta.dirname, '../../../..');

export interface Project {
  readonly name: string;
  /** Folder, relative to the workspace. */
  readonly root: string;
  readonly tags: readonly string[];
  /** Names of the workspace projects this one depends on, specs included. */
  readonly dependencies: readonly string[];
}

export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** A file that need not exist, linted as if it did. */
export interface LintProbe {
  readonly file: string;
  readonly code: string;
}

export interface LintMessage {
  readonly ruleId: string | null;
  readonly message: string;
}

const run = promisify(execFile);

const runScript = async (script: string, args: readonly string[] = [], env = {}): Promise<unknown> => {
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, script), ...args], {
    cwd: workspaceRoot,
    env: { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', ...env },
    maxBuffer: 16 * 1024 * 1024,
  });
  // Nx may have had something to say before.
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n') + 1));
};

export const readProjects = () => runScript('print-projects.ts') as Promise<Project[]>;

/** The messages of each probe, in the order of the probes. */
export const lint = (probes: readonly LintProbe[]) =>
  runScript('print-lint-messages.ts', [workspaceRoot, JSON.stringify(probes)]) as Promise<LintMessage[][]>;

/** The same by the graph that lies in this folder, if one does. */
export const lintWithStoredGraph = (probes: readonly LintProbe[], folder: string) =>
  runScript('print-lint-messages.ts', [workspaceRoot, JSON.stringify(probes), 'stored-graph'], {
    NX_WORKSPACE_DATA_DIRECTORY: folder,
  }) as Promise<LintMessage[][]>;

export const readText = (path: string) => readFileSync(join(workspaceRoot, path), 'utf8');

export const readManifest = (folder: string): Manifest => JSON.parse(readText(join(folder, 'package.json')));

/** Paths, relative to the workspace, of the TypeScript sources of a project. */
export const sourcesOf = ({ root }: Project): string[] =>
  readdirSync(join(workspaceRoot, root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => join(root, 'src', path));
