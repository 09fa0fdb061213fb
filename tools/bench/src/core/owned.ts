/** Everything that a bench has started and that has to end with it, even when it is broken off in the middle of a wait. */
export interface Owned extends AsyncDisposable {
  /**
   * Makes `resource` end with the bench at the latest; whoever asked for it may end it earlier, and ending it twice is harmless.
   * @throws Error if everything has been ended already; `resource` then is, too
   */
  own<Resource extends AsyncDisposable>(resource: Resource): Promise<Resource>;
}

export function owned(): Owned {
  const endings = new Set<() => Promise<void>>();
  let over = false;
  return {
    own: async (resource) => {
      const end = once(resource[Symbol.asyncDispose].bind(resource));
      const leave = (): Promise<void> => end().finally(() => endings.delete(leave));
      Object.defineProperty(resource, Symbol.asyncDispose, { value: leave });
      endings.add(leave);
      if (!over) return resource;
      await leave();
      throw new Error('the bench has been broken off');
    },
    [Symbol.asyncDispose]: async () => {
      over = true;
      // Last started, first ended: a client goes before the server that it speaks to.
      for (const end of [...endings].toReversed()) await end().catch(() => undefined);
    },
  };
}

function once(end: () => PromiseLike<void>): () => Promise<void> {
  let ending: Promise<void> | null = null;
  return () => (ending ??= Promise.resolve(end()));
}
