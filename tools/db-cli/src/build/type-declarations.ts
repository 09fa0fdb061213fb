import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

/** One declaration file per entry, without an import of the workspace's own packages. `entries`: name → path of a module. */
export async function bundleTypes(
  entries: Readonly<Record<string, string>>,
  { root, outDir }: { readonly root: string; readonly outDir: string },
): Promise<void> {
  const build = await rolldown({
    input: { ...entries },
    cwd: root,
    external: (id) => /^[^./]/.test(id) && !id.startsWith('@millrace/') && !id.startsWith('/'),
    resolve: { conditionNames: ['@millrace/source', 'types', 'import'], extensionAlias: { '.js': ['.ts', '.js'] } },
    plugins: [
      dts({
        dtsOnly: true,
        tsc: { eager: true },
        tsconfig: join(root, 'tsconfig.base.json'),
        compilerOptions: { composite: false, declarationMap: false, types: ['node'] },
      }),
    ],
    logLevel: 'silent',
  });
  await build.write({ dir: outDir, format: 'esm', entryFileNames: '[name].ts', chunkFileNames: '[name].d.ts' });
  await build.close();
}
