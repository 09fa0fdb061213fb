import type { AdminStatus } from '@millrace/sync-protocol';
import { formatMoment, formatSince } from '../format/duration.js';
import { Panel } from '../ui/panel.js';

export interface SchemaPanelProps {
  readonly schema: AdminStatus['schema'];
  readonly now: string;
}

/** The version in force, and the migrations that led to it, the newest first. */
export function SchemaPanel({ schema, now }: SchemaPanelProps) {
  return (
    <Panel title="Schema" aside={schema && <small className="muted">{schema.version}</small>}>
      {!schema && <p className="muted">Capture has not begun yet.</p>}
      {schema?.migrations.length === 0 && <p className="muted">No migration has been recorded.</p>}
      <ol className="epochs">
        {schema?.migrations.map(({ name, version, kind, direction, at }, index) => (
          <li key={`${name} ${at}`}>
            <span>
              <strong>{name}</strong> {index === 0 && <span className="tag">now</span>}
            </span>
            <code>{direction === 'up' ? `${kind} → ${version}` : `back from ${version}`}</code>
            <small className="muted" title={formatMoment(at)}>
              {formatSince(at, now)} ago
            </small>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
