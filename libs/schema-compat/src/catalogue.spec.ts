import { catalogueAt, inForce, schemaOfVersion, stepsBetween, withStep, type Catalogue } from './catalogue.js';
import type { SchemaStep } from './schema-migration.js';
import { reversed, schemaBehind } from './schema-step.js';
import { migrationOf, schemaWith, tableOf } from './testing/index.js';

const table = tableOf({ name: 'notes', columns: ['id'] });
const schema = (version: string) => schemaWith(version, table);
const up = (from: string, to: string): SchemaStep => ({
  migration: migrationOf({ before: schema(from), after: schema(to) }),
  direction: 'up',
});
const [a, b, other] = [up('1.0.0', '1.1.0'), up('1.1.0', '1.2.0'), up('1.0.0', '1.3.0')];
const catalogue = (...steps: readonly SchemaStep[]): Catalogue => ({ compiled: schema('1.0.0'), steps });
const names = (steps: readonly SchemaStep[] | null) =>
  steps && steps.map(({ migration, direction }) => `${direction} ${migration.version}`);

describe('in force', () => {
  it.each([
    ['without steps: what the server was built with', catalogue(), '1.0.0'],
    ['after the last step', catalogue(a, b), '1.2.0'],
    ['after a revert: what was before', catalogue(a, b, reversed(b)), '1.1.0'],
    ['after a revert of everything', catalogue(a, reversed(a)), '1.0.0'],
    ['on another branch', catalogue(a, reversed(a), other), '1.3.0'],
  ])('%s', (_what, given, version) => expect(inForce(given).version).toBe(version));

  it('[M2] every version that ever was is known, and no other', () => {
    const given = catalogue(a, reversed(a), other);
    for (const version of ['1.0.0', '1.1.0', '1.3.0']) expect(schemaOfVersion(given, version)?.version).toBe(version);
    expect(schemaOfVersion(given, '1.2.0')).toBeNull();
    expect(schemaOfVersion(catalogue(), '1.1.0')).toBeNull();
  });

  it('of a place in history', () => {
    const given = catalogue(a, b, reversed(b));
    expect(catalogueAt(given, '1.2.0').steps).toHaveLength(2);
    expect(catalogueAt(given, '1.1.0').steps).toHaveLength(3);
    expect(catalogueAt(given, '1.0.0').steps).toHaveLength(0);
  });

  it('changes by a step that starts from it alone: any other was recorded after the fact', () => {
    expect(schemaBehind(schema('1.0.0'), a).version).toBe('1.1.0');
    expect(schemaBehind(schema('1.1.0'), a).version).toBe('1.1.0');
    expect(schemaBehind(schema('1.1.0'), reversed(a)).version).toBe('1.0.0');
  });
});

describe('the way from one version to another', () => {
  const branches = catalogue(a, b, reversed(b), reversed(a), other);
  it.each<[string, Catalogue, from: string, to: string, way: readonly string[] | null]>([
    ['none to itself', catalogue(a, b), '1.1.0', '1.1.0', []],
    ['forth', catalogue(a, b), '1.0.0', '1.2.0', ['up 1.1.0', 'up 1.2.0']],
    ['back', catalogue(a, b), '1.2.0', '1.0.0', ['down 1.2.0', 'down 1.1.0']],
    ['back from what was reverted', catalogue(a, b, reversed(b)), '1.2.0', '1.1.0', ['down 1.2.0']],
    ['from one branch to another', branches, '1.2.0', '1.3.0', ['down 1.2.0', 'down 1.1.0', 'up 1.3.0']],
    ['taken, reverted and taken again', catalogue(a, reversed(a), a), '1.0.0', '1.1.0', ['up 1.1.0']],
    ['from a version that never was', catalogue(a), '0.1.0', '1.1.0', null],
    ['to a version that never was', catalogue(a), '1.1.0', '9.0.0', null],
  ])('%s', (_what, given, ...[from, to, way]) => expect(names(stepsBetween(given, from, to))).toEqual(way));

  it('starts at a recorded baseline, if there is one', () => {
    const base: SchemaStep = {
      migration: migrationOf({ before: schemaWith('0.0.0'), after: schema('1.0.0') }),
      direction: 'up',
    };
    expect(names(stepsBetween(catalogue(base, a, b), '1.0.0', '1.2.0'))).toEqual(['up 1.1.0', 'up 1.2.0']);
    expect(inForce(catalogue(base)).version).toBe('1.0.0');
  });
});

it('a catalogue grows by what continues it', () => {
  expect(withStep(catalogue(a), b).steps).toEqual([a, b]);
  expect(() => withStep(catalogue(a), other)).toThrow(expect.objectContaining({ code: 'schema-unknown' }));
});
