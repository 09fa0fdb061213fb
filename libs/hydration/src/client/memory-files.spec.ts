import { memoryHydrationFiles } from './memory-files.js';

it('keeps what is written, as it was then, until it is cleared', async () => {
  const files = memoryHydrationFiles();
  const bytes = Uint8Array.of(1, 2);
  expect(await files.read('a')).toBeNull();
  await files.write('a', bytes);
  bytes[0] = 9;
  expect(await files.read('a')).toEqual(Uint8Array.of(1, 2));
  await files.clear();
  expect(await files.read('a')).toBeNull();
});
