import { useRejected } from '@millrace/pglite-client/react';
import { PAGE_NAMES, PAGES, type PageName } from './pages.js';

export function Navigation({ current }: { readonly current: PageName }) {
  const refused = useRejected().length;
  return (
    <nav aria-label="Pages">
      {PAGE_NAMES.map((name) => {
        const { label, Icon } = PAGES[name];
        return (
          <button
            type="button"
            key={name}
            aria-current={name === current ? 'page' : undefined}
            onClick={() => location.assign(`#${name}`)}
          >
            <Icon size={16} aria-hidden="true" /> {label}
            {name === 'refused' && refused > 0 && <span className="tag warn">{refused}</span>}
          </button>
        );
      })}
    </nav>
  );
}
