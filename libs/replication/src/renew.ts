/** Ends a session that has nothing wrong with it: the next one sees what this one could not. */
export class RenewSession extends Error {}
