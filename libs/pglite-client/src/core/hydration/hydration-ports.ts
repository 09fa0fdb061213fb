import type { Digest, HydrationFiles } from '@millrace/hydration';
import type { Clock, Logger, Random } from '@millrace/kernel';
import type { ClientStore } from '../ports/client-store.js';
import type { Transport } from '../ports/transport.js';

/** What a hydration needs of the world. */
export interface HydrationPorts {
  readonly store: ClientStore;
  readonly transport: Transport;
  readonly files: HydrationFiles;
  /** Unpacked bytes from which a download is kept in `files`; absent: `DOWNLOAD.keepFrom`. */
  readonly keepFrom?: number;
  readonly digest: Digest;
  /** Schema version that the app was built with. */
  readonly appVersion: string;
  readonly clientId: string;
  readonly token: () => Promise<string>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}
