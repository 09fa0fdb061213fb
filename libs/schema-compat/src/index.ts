export { catalogueAt, inForce, schemaOfVersion, stepsBetween, withStep, type Catalogue } from './catalogue.js';
export { fitOf, fits, isTranslatable, takes, type ClientVersions, type Fit } from './compatibility.js';
export {
  migrationKinds,
  schemaMigrationSchema,
  type Direction,
  type MigrationKind,
  type SchemaMigration,
  type SchemaStep,
} from './schema-migration.js';
export { literalDefault } from './literal-default.js';
export { schemaOpSchema, type SchemaOp } from './schema-op.js';
export { clientStatements, opsOf, reversed, schemaAfter, schemaBefore, schemaBehind } from './schema-step.js';
export { bumpVersion, compareVersions, isVersion, type Bump } from './semantic-version.js';
export {
  translateByOp,
  translateColumns,
  translateReason,
  translateRow,
  translateTable,
  type TranslatedRow,
} from './translate-rows.js';
