import { boundaryTags } from '../eslint/boundaries.mjs';
import { readManifest, readProjects, readText, sourcesOf, type Project } from './workspace.js';

const dimensions = ['scope', 'type', 'runtime'];

let projects: Project[];
let libraries: Project[];

beforeAll(async () => {
  projects = await readProjects();
  libraries = projects.filter(({ root }) => root.startsWith('libs/'));
});

/** Reads better in a failure than a bare `true`: what is wrong, and where. */
const violations = (candidates: Project[], isWrong: (project: Project) => boolean) =>
  candidates.filter(isWrong).map(({ root }) => root);

describe('projects', () => {
  it('are found', () => {
    expect(projects.length).toBeGreaterThan(20);
  });

  it.each(dimensions)('have exactly one %s tag', (dimension) => {
    const count = ({ tags }: Project) => tags.filter((tag) => tag.startsWith(`${dimension}:`)).length;
    expect(violations(projects, (project) => count(project) !== 1)).toEqual([]);
  });

  it('have no tag without a line in the table of edges, which would let them depend on anything', () => {
    const isOurs = (tag: string) => dimensions.some((dimension) => tag.startsWith(`${dimension}:`));
    const hasUnknown = ({ tags }: Project) => tags.filter(isOurs).some((tag) => !boundaryTags.includes(tag));
    expect(violations(projects, hasUnknown)).toEqual([]);
  });

  it('depend on each other without a cycle', () => {
    const byName = new Map(projects.map((project) => [project.name, project]));
    const cycleFrom = (name: string, path: string[]): string[] | undefined => {
      if (path.includes(name)) return [...path, name];
      const next = byName.get(name)?.dependencies ?? [];
      return next.map((target) => cycleFrom(target, [...path, name])).find((cycle) => cycle !== undefined);
    };
    expect(projects.map(({ name }) => cycleFrom(name, [])).filter((cycle) => cycle !== undefined)).toEqual([]);
  });

  it('have a row of their own in CODEOWNERS', () => {
    const rows = readText('.github/CODEOWNERS').split('\n');
    const hasRow = ({ root }: Project) => rows.some((row) => /^\/(\S+)\/\s+@\S+/.exec(row)?.[1] === root);
    expect(violations(projects, (project) => !hasRow(project))).toEqual([]);
  });

  it('take the version of every package from the root', () => {
    const root = readManifest('.');
    const pinned = { ...root.dependencies, ...root.devDependencies };
    const isLocal = (name: string) => name.startsWith('@millrace/');
    const isWrong = ({ root: folder }: Project) => {
      const { dependencies, devDependencies } = readManifest(folder);
      const wanted = Object.entries({ ...dependencies, ...devDependencies });
      return wanted.some(([name, version]) => version !== '*' || !(isLocal(name) || name in pinned));
    };
    expect(violations(projects, isWrong)).toEqual([]);
  });
});

describe('libraries', () => {
  it('begin their README with a one-sentence charter', () => {
    const charter = (project: Project) => readText(`${project.root}/README.md`).split(/\n\s*\n/)[1] ?? '';
    const isOneSentence = (text: string) => /^[A-Z].*\.$/s.test(text.trim()) && !/[.!?]\s+[A-Z]/.test(text);
    expect(violations(libraries, (project) => !isOneSentence(charter(project)))).toEqual([]);
  });

  it('name what they export', () => {
    const exportsAll = (path: string) => /^\s*export\s+(type\s+)?\*/m.test(readText(path));
    expect(libraries.flatMap(sourcesOf).filter(exportsAll)).toEqual([]);
  });

  it('hold code', () => {
    const code = (project: Project) => sourcesOf(project).map(readText).join('').replaceAll('export {};', '').trim();
    expect(violations(libraries, (project) => code(project) === '')).toEqual([]);
  });
});

describe('the root manifest', () => {
  const { dependencies, devDependencies } = readManifest('.');
  const direct = { ...dependencies, ...devDependencies };

  it.each([
    'nx',
    '@nx/js',
    'typeorm',
    'pg',
    '@neondatabase/serverless',
    '@electric-sql/pglite',
    'hono',
    'wrangler',
    'jest',
    'ts-jest',
    'class-validator',
  ])('depends on %s', (name) => {
    expect(direct[name]).toBeDefined();
  });

  it('pins exact versions', () => {
    expect(Object.entries(direct).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });
});

describe('rule numbers', () => {
  const defined = [...readText('docs/rules.md').matchAll(/^- \*\*([A-Z]\d+)\*\*/gm)].map(([, id]) => id);
  /** As in [H3], (X25), I5: a letter that a group of rules has, and a number. Longer words, such as `C4A`, are none. */
  const CITED = /(?<![\w-])[ACDEFHIMSWXZ]\d{1,2}(?![\w-])/g;
  const pages = ['README.md', 'docs/architecture.md', 'libs/sync-protocol/SPEC.md'];

  it('are defined once', () => {
    expect(defined.filter((id, index) => defined.indexOf(id) !== index)).toEqual([]);
    expect(defined.length).toBeGreaterThan(100);
  });

  it('that sources and pages cite are defined in docs/rules.md', () => {
    const files = [...projects.flatMap(sourcesOf), ...projects.map(({ root }) => `${root}/README.md`), ...pages];
    const undefinedIn = (path: string) =>
      [...new Set(readText(path).match(CITED))].filter((id) => !defined.includes(id)).map((id) => `${path}: ${id}`);
    expect(files.flatMap(undefinedIn)).toEqual([]);
  });

  it('are the only plan that sources name: a reader has the repository alone', () => {
    const namesAnother = (path: string) => /\bDESIGN §|PROTOCOL\.md/.test(readText(path));
    expect(projects.flatMap(sourcesOf).filter(namesAnother)).toEqual([]);
  });
});
