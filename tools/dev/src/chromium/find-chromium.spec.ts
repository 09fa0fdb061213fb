import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { findChromium } from './find-chromium.js';

const folder = temporaryFolder();
const installed = join(folder.path, 'chromium');
beforeAll(() => writeFileSync(installed, ''));
afterAll(() => folder.remove());

describe('findChromium', () => {
  it('prefers CHROMIUM_PATH, then the PATH', () => {
    expect(findChromium({ CHROMIUM_PATH: installed, PATH: '' })).toBe(installed);
    expect(findChromium({ PATH: `/nowhere:${folder.path}` })).toBe(installed);
  });

  it('does not look elsewhere when CHROMIUM_PATH names nothing', () => {
    expect(() => findChromium({ CHROMIUM_PATH: '/nowhere/chromium', PATH: folder.path })).toThrow(
      'CHROMIUM_PATH names /nowhere/chromium',
    );
  });
});
