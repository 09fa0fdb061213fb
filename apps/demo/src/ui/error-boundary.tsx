import { errorText } from '@millrace/kernel';
import { Component, type ReactNode } from 'react';
import { Notice } from './notice.js';

/** A fault while drawing ends here instead of in an empty page. What was written is safe in the local database. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, { readonly failure: string | null }> {
  override state = { failure: null };

  static getDerivedStateFromError(error: unknown) {
    return { failure: errorText(error) };
  }

  override render() {
    const { failure } = this.state;
    if (failure === null) return this.props.children;
    return <Notice title="This page has failed" detail={failure} actions={[RELOAD]} />;
  }
}

const RELOAD = { label: 'Load it again', run: () => location.reload() };
