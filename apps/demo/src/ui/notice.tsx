import type { ReactNode } from 'react';

export interface NoticeProps {
  readonly title: string;
  readonly detail?: string | undefined;
  readonly busy?: boolean;
  readonly actions?: readonly { readonly label: string; readonly run: () => void }[];
  readonly children?: ReactNode;
}

/** A page that has nothing else to show, and says why. */
export function Notice({ title, detail, busy = false, actions = [], children }: NoticeProps) {
  return (
    <div className="notice" role="status" aria-busy={busy}>
      {busy && <div className="spinner" aria-hidden="true" />}
      <h2>{title}</h2>
      {detail && <p className="muted">{detail}</p>}
      {children}
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
  );
}
