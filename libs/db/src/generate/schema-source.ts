import type { SchemaMeta } from '@millrace/schema-meta';

/** The TypeScript module that holds a schema as a constant. Unformatted. */
export function schemaSource(schema: SchemaMeta): string {
  return `${GENERATED_NOTICE}
import type { SchemaMeta } from '@millrace/schema-meta';

/** The schema as the engine sees it. */
export const schema: SchemaMeta = ${JSON.stringify(schema)};
`;
}

export const GENERATED_NOTICE =
  '// Generated from the entity classes by `npm run generate -w @millrace/db`. Do not edit.';
