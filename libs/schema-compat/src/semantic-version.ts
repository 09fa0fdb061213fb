import { SyncError } from '@millrace/kernel';

/** `major.minor.patch` of a schema [M2]: major = breaking, minor = additive, patch = nothing that a client could notice. */
export type Bump = 'patch' | 'minor' | 'major';

type Parts = readonly [major: number, minor: number, patch: number];

const FORM = /^(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})$/;

/** Negative, 0 or positive, as `a` is older than, the same as or newer than `b`. Throws `schema-unknown` if one is no version. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}

/** Whether a text that comes from elsewhere is one. */
export function isVersion(text: string): boolean {
  return FORM.test(text);
}

/** The next version after `version`. */
export function bumpVersion(version: string, bump: Bump): string {
  const [major, minor, patch] = partsOf(version);
  if (bump === 'major') return `${major + 1}.0.0`;
  if (bump === 'minor') return `${major}.${minor + 1}.0`;
  return `${major}.${minor}.${patch + 1}`;
}

function partsOf(version: string): Parts {
  const match = FORM.exec(version);
  if (!match)
    throw new SyncError(
      'schema-unknown',
      `“${version.slice(0, 40)}” is no schema version: it has to be major.minor.patch`,
    );
  return [Number(match[1]), Number(match[2]), Number(match[3])];
}
