import type { PositionJson } from '@millrace/kernel';

/** What the crowd's process is told. */
export interface CrowdOrder {
  readonly url: string;
  readonly jwtSecret: string;
  readonly count: number;
  readonly position: PositionJson;
  readonly schemaVersion: string;
}

/** What it says. */
export type CrowdReport =
  /** Everybody is connected and welcome. */
  | { readonly kind: 'ready' }
  /** Everybody has received the commit that moves a cursor to this seq: when, in order of arrival. */
  | { readonly kind: 'all'; readonly seq: string; readonly arrivals: readonly number[]; readonly chars: number }
  | { readonly kind: 'failed'; readonly message: string };
