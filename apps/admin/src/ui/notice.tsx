export interface NoticeProps {
  readonly title: string;
  readonly detail?: string;
  readonly busy?: boolean;
  readonly actions?: readonly { readonly label: string; readonly run: () => void }[];
}

/** A page that has nothing else to show, and says why. */
export function Notice({ title, detail, busy = false, actions = [] }: NoticeProps) {
  return (
    <main className="gate" role="status" aria-busy={busy}>
      <div className="panel">
        {busy && <div className="spinner" aria-hidden="true" />}
        <h1>{title}</h1>
        {detail && <p className="muted">{detail}</p>}
        {actions.length > 0 && (
          <div className="actions">
            {actions.map(({ label, run }) => (
              <button type="button" key={label} onClick={run}>
                {label}
              </button>
            ))}
          </div>
        )}
      </div>
    </main>
  );
}
