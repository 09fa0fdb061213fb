/**
 * Where a hydration keeps what it has got, so that it goes on there after a dropped connection or a killed tab: OPFS in a browser, memory elsewhere. A
 * file is there whole, or it is not to be trusted: readers check its digest.
 */
export interface HydrationFiles {
  /** Null if there is none. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | null>;
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** Forgets everything. */
  clear(): Promise<void>;
}
