/**
 * Tells apart who has written. Postgres announces every recorded transaction; of one that `client.db` ran the client knows already, and need not read the
 * store to learn of it: that read would stand between the write and its push.
 */
export interface OwnWrites {
  /** Right before the commit of a recorded transaction that will be told of by other means. */
  committing(): void;
  /** It has ended, whether or not it committed. */
  over(): void;
  /** The listener, deaf to what is announced by such a commit. */
  except(listener: () => void): () => void;
}

/** Nothing comes between `committing` and the commit, since the local Postgres has one session: the first announcement then is its own. */
export function ownWrites(): OwnWrites {
  let expected = false;
  return {
    committing: () => {
      expected = true;
    },
    over: () => {
      expected = false;
    },
    except: (listener) => () => {
      if (!expected) listener();
      expected = false;
    },
  };
}
