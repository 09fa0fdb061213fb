import type { Tree } from '@nx/devkit';

const ENTITIES = 'libs/db/src/entities.ts';
const FACE = 'libs/db/src/index.ts';

/** Lists the entity in `@millrace/db`, and its row types among what that exports. */
export function registerEntity(tree: Tree, area: string, className: string): void {
  edit(tree, ENTITIES, (text) => {
    const from = `@millrace/entities-${area}`;
    const imported = new RegExp(`import \\{ ([^}]*) \\} from '${from}';`);
    const withImport = imported.test(text)
      ? text.replace(imported, (_, names: string) => `import { ${sorted(names, className)} } from '${from}';`)
      : `import { ${className} } from '${from}';\n${text}`;
    return withImport.replace(/export const entities = \{ ([^}]*?),? \} as const/s, (_, names: string) => {
      return `export const entities = { ${names.trim()}, ${className} } as const`;
    });
  });
  edit(tree, FACE, (text) =>
    text.replace(/export type \{([^}]*)\} from '.\/rows.generated.js';/s, (_, names: string) => {
      return `export type { ${sorted(names, `${className}Record`, `${className}Row`)} } from './rows.generated.js';`;
    }),
  );
}

function edit(tree: Tree, path: string, change: (text: string) => string): void {
  const text = tree.read(path, 'utf8') ?? '';
  const changed = change(text);
  if (changed === text) throw new Error(`${path} is not as the generator knows it: list the entity there by hand.`);
  tree.write(path, changed);
}

function sorted(list: string, ...more: readonly string[]): string {
  const names = list.split(',').map((name) => name.trim());
  return [...names.filter((name) => name !== ''), ...more].sort().join(', ');
}
