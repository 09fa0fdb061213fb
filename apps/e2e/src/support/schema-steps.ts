import { must } from '@millrace/kernel';
import { migrateDomain, readStore, type MigrationStore } from '@millrace/migrations-server';
import { processStatements } from '@millrace/migrations-server/processing';
import type { SchemaMeta } from '@millrace/schema-meta';

export interface StepSql {
  /** Class name with its timestamp. */
  readonly name: string;
  readonly up: readonly string[];
  readonly down: readonly string[];
  /** Default: what the statements make of the synced tables that there are. */
  readonly after?: (before: SchemaMeta) => SchemaMeta;
}

/** The demo's migrations as they are stored, and further ones that no release has. */
export class SchemaSteps {
  #store: MigrationStore = readStore();
  readonly #sql: string[] = [...this.#store.migrations.values()].flatMap(({ serverUp }) =>
    serverUp.map(({ sql }) => sql),
  );
  readonly #databaseUrl: string;

  constructor(databaseUrl: string) {
    this.#databaseUrl = databaseUrl;
  }

  /** The schema to which they lead. */
  get schema(): SchemaMeta {
    return must([...this.#store.migrations.values()].at(-1), 'a migration').after;
  }

  /** Works a further one out, and runs it as `migration:run` does. */
  async run({ name, up, down, after }: StepSql): Promise<void> {
    const before = this.schema;
    const last = must([...this.#store.migrations.values()].at(-1), 'a migration');
    const processed = await processStatements({
      name,
      before,
      up,
      down,
      previous: last.name,
      beforeSql: this.#sql,
      ...(after ? { after: after(before) } : {}),
    });
    const { serverUp, serverDown, ...migration } = processed;
    const stored = {
      ...migration,
      serverUp: serverUp.map(({ sql, params }) => ({ sql, params: [...params] })),
      serverDown: serverDown.map(({ sql, params }) => ({ sql, params: [...params] })),
    };
    this.#store = { ...this.#store, migrations: new Map([...this.#store.migrations, [name, stored]]) };
    this.#sql.push(...up);
    await migrateDomain({ url: this.#databaseUrl, store: this.#store });
  }
}
