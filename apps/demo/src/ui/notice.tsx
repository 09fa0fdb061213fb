export interface NoticeProps {
  readonly title: string;
  readonly detail?: string;
  readonly busy?: boolean;
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** A page that has nothing else to show, and says why. */
export function Notice({ title, detail, busy = false, action }: NoticeProps) {
  return (
    <div className="notice" role="status" aria-busy={busy}>
      {busy && <div className="spinner" aria-hidden="true" />}
      <h2>{title}</h2>
      {detail && <p className="muted">{detail}</p>}
      {action && (
        <button type="button" onClick={action.run}>
          {action.label}
        </button>
      )}
    </div>
  );
}
