import { platformImports } from './platform.mjs';

const refuse = (selector, message) => ({ selector, message });

const exportAll = refuse('ExportAllDeclaration', 'Name what you export: a public surface is chosen, not collected.');
const clockRead = refuse(
  'NewExpression[callee.name="Date"][arguments.length=0]',
  'Take the Clock port as a parameter, so that tests and the simulation decide the time.',
);
const lonelyTest = refuse(
  'MemberExpression[object.name=/^(describe|it|test)$/][property.name=/^(only|todo)$/], CallExpression[callee.name=/^(fdescribe|fit|xdescribe|xit|xtest)$/], CallExpression[callee.object.name=/^(describe|it|test)$/][callee.property.name="skip"]',
  'Every test runs, and none runs alone.',
);
const untypedColumn = refuse(
  'Decorator > CallExpression[callee.name=/^(Column|PrimaryColumn|VersionColumn|CreateDateColumn|UpdateDateColumn)$/]:not([arguments.0.type="Literal"]):not(:has(Property[key.name="type"]))',
  'State the column type: bundlers emit no decorator metadata from which TypeORM could infer it.',
);

/** One list per kind of file, since a later `no-restricted-syntax` replaces an earlier one. */
export const everywhere = ['error', exportAll];
export const inLibraries = ['error', exportAll, clockRead];
export const inAnyRuntime = ['error', exportAll, clockRead, ...platformImports];
export const inEntities = [...inAnyRuntime, untypedColumn];
export const inTests = ['error', exportAll, lonelyTest];
