/** Names of the replication slot and publication. One Worker deployment serves one slot; its name is also the key of `sync.replication_state`. */
export const SLOT = 'millrace';
export const PUBLICATION = 'millrace';
