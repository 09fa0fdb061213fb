import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { generatedFiles } from '../src/generate/generated-files.js';

const folder = join(import.meta.dirname, '../src');

for (const [name, source] of Object.entries(await generatedFiles())) {
  const file = join(folder, name);
  await writeFile(file, await format(source, { ...(await resolveConfig(file)), filepath: file }));
  console.log(`wrote ${file}`);
}
