import { bumpVersion, compareVersions, isVersion } from './semantic-version.js';

it.each([
  ['1.0.0', '1.0.0', 0],
  ['1.0.1', '1.0.0', 1],
  ['1.2.0', '1.10.0', -1],
  ['9.9.9', '10.0.0', -1],
  ['2.0.0', '1.999.999', 1],
])('[M2] %s against %s', (a, b, sign) => {
  expect(Math.sign(compareVersions(a, b))).toBe(sign);
  expect(Math.sign(compareVersions(b, a))).toBe(sign === 0 ? 0 : -sign);
});

it.each([
  ['patch', '1.2.4'],
  ['minor', '1.3.0'],
  ['major', '2.0.0'],
] as const)('the next %s', (bump, next) => expect(bumpVersion('1.2.3', bump)).toBe(next));

it.each(['', '1', '1.0', 'v1.0.0', '01.0.0', '1.0.0-beta', '1.0.0 ', '1.0.9999999999', '-1.0.0'])(
  '%j is no version',
  (text) => {
    expect(isVersion(text)).toBe(false);
    expect(() => compareVersions(text, '1.0.0')).toThrow(expect.objectContaining({ code: 'schema-unknown' }));
  },
);
