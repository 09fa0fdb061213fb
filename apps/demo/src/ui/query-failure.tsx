import { Notice } from './notice.js';

/** A statement of this app that the local database refuses: nothing a person can mend, but the page may come back whole. */
export function QueryFailure({ what, error }: { readonly what: string; readonly error: Error }) {
  return (
    <Notice
      title={`${what} cannot be shown`}
      detail={error.message}
      actions={[{ label: 'Load the page again', run: () => location.reload() }]}
    />
  );
}
