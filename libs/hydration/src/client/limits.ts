/** Bounds and times of a download (I11). */
export const DOWNLOAD = {
  /** Chunks on their way at one time; beside each one more may wait until its file is written, which is what holds the next ones back. */
  parallel: 4,
  /** Unpacked bytes of all tables up to which a download keeps no files: fetching them again costs less than writing, reading and removing files does. */
  keepFrom: 4 * 1024 * 1024,
  /** Unpacked bytes of chunks that are here and not read yet, which stay in memory; what goes beyond is read back from its file. */
  heldBytes: 16 * 1024 * 1024,
  /** Most unpacked bytes of one chunk: a server cuts at 4 MiB or after one row, and a row has at most 8 Mi characters. */
  chunkBytes: 64 * 1024 * 1024,
  /** A build that makes no headway for so long (ms) is given up, and asked for again with the client's own backoff. */
  buildSilence: 120_000,
  /** Between two questions after a build, ms, whatever the server proposes. */
  askAgainLeast: 50,
  askAgainMost: 10_000,
  /** Times that a chunk is tried over a bad line before the whole attempt is given up. */
  tries: 4,
  /** Longest time that writing one chunk's file may take, ms. */
  writeWithin: 30_000,
  /** Longest wait that a server's Retry-After can ask for, ms. */
  waitMost: 120_000,
  /** An earlier attempt's manifest is taken up again for so long (ms): beyond it the history after it may be longer than a new download. */
  keep: 60 * 60_000,
} as const;
