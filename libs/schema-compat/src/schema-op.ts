import { columnMetaSchema, tableMetaSchema } from '@millrace/schema-meta';
import * as v from 'valibot';

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
const type = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
const text = v.pipe(v.string(), v.maxLength(10_000));

/**
 * What a migration does to what clients hold, one thing each, in its order: what rows, patches and queued writes of one version become in the
 * next. Names are those in force when the op takes place: after a rename the new one.
 */
export const schemaOpSchema = v.variant('op', [
  v.object({ op: v.literal('add-table'), table: tableMetaSchema }),
  v.object({ op: v.literal('drop-table'), table: tableMetaSchema }),
  v.object({ op: v.literal('rename-table'), from: name, to: name }),
  /** `value`: what rows that exist already have in it, as Postgres text: the immutable default, or null [M4]. */
  v.object({ op: v.literal('add-column'), table: name, column: columnMetaSchema, value: v.nullable(text) }),
  v.object({ op: v.literal('drop-column'), table: name, column: columnMetaSchema }),
  v.object({ op: v.literal('rename-column'), table: name, from: name, to: name }),
  /**
   * `using`, `back`: the SQL expressions that convert a value of this column, in its terms, forth and back; null where a plain cast does it.
   * `sameText`: every value prints the same in both types, so that text of the one is text of the other.
   */
  v.object({
    op: v.literal('change-type'),
    table: name,
    column: name,
    from: type,
    to: type,
    clientFrom: type,
    clientTo: type,
    using: v.nullable(text),
    back: v.nullable(text),
    sameText: v.boolean(),
  }),
  /** A rule of the server that rows must keep and that replicas do not have [A3]: it endangers writes of older clients, and only these. */
  v.object({ op: v.literal('tighten'), table: name, column: v.nullable(name), rule: text }),
  /** A rule that rows no longer have to keep. */
  v.object({ op: v.literal('relax'), table: name, column: v.nullable(name), rule: text }),
  /** Who may read which rows of the table has changed, or a column is shown that was `@ServerOnly`: replicas have to read it anew. */
  v.object({ op: v.literal('reread'), table: name, reason: text }),
]);
export type SchemaOp = v.InferOutput<typeof schemaOpSchema>;
