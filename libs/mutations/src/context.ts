import type { CatalogueCache } from '@millrace/change-history';
import type { Logger } from '@millrace/kernel';
import type { SchemaMeta, Validators } from '@millrace/schema-meta';
import type { Mutation, PushRequest } from '@millrace/sync-protocol';
import type { Principal } from '@millrace/sync-rules';
import type { TimeoutCounter } from './timeout-counter.js';

/** What the write path needs to know of its surroundings. */
export interface MutationContext {
  /** The steps that a transaction sees, told by the highest ordinal that it sees. */
  readonly catalogue: Pick<CatalogueCache, 'at'>;
  /** Who writes: the verified token. */
  readonly principal: Principal;
  readonly validators: Validators;
  /** Whose epoch in `sync.replication_state` holds. */
  readonly slot: string;
  /** Lives as long as the gateway: counts over several pushes. */
  readonly timeouts: TimeoutCounter;
  readonly logger: Logger;
}

/** Within a transaction: with the schema in force there. */
export interface SchemaContext extends MutationContext {
  readonly schema: SchemaMeta;
}

/** One mutation with what its request says of all of them. */
export type ClientMutation = Mutation & Pick<PushRequest, 'clientId' | 'epoch' | 'schemaVersion'>;
