import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface BuildOnceOptions {
  /** The finished build; its hash is kept beside it as `<outDir>.hash`. */
  readonly outDir: string;
  /** Hash of everything the build depends on. */
  readonly inputHash: string;
  /** Builds into an empty folder. */
  readonly build: (freshDir: string) => Promise<void>;
}

export interface BuildOutcome {
  readonly dir: string;
  /** False: the inputs are those of the build that is there. */
  readonly built: boolean;
}

/**
 * Builds unless the same inputs were built before. The new build is made aside and put in place when whole, and its
 * hash is written last: killed at any moment, the next run builds again.
 */
export async function buildOnce({ outDir, inputHash, build }: BuildOnceOptions): Promise<BuildOutcome> {
  const hashFile = `${outDir}.hash`;
  if (existsSync(outDir) && existsSync(hashFile) && readFileSync(hashFile, 'utf8') === inputHash) {
    return { dir: outDir, built: false };
  }
  const fresh = `${outDir}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(dirname(outDir), { recursive: true });
  await build(fresh);
  rmSync(hashFile, { force: true });
  rmSync(outDir, { recursive: true, force: true });
  renameSync(fresh, outDir);
  writeFileSync(hashFile, inputHash);
  return { dir: outDir, built: true };
}
