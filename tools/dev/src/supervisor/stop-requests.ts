export interface StopRequests {
  /** The first request: an orderly stop. */
  readonly stop: (why: string) => void;
  /** Asked again, more than a second later: people mean it. */
  readonly force: () => void;
  readonly now: () => number;
  /** True if `npm` started us; then its death is ours. */
  readonly underNpm: boolean;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** One Ctrl-C arrives twice: from the terminal, and passed on by npm. */
const SAME_REQUEST_MS = 1_000;
const LOOK_AT_PARENT_EVERY_MS = 1_000;

/** Turns signals, and the death of the npm above us, into a request to stop. npm dies without passing on HUP or KILL. */
export function listenForStopRequests(options: StopRequests): void {
  let firstAt: number | null = null;
  const request = (why: string): void => {
    if (firstAt === null) {
      firstAt = options.now();
      options.stop(why);
    } else if (options.now() - firstAt > SAME_REQUEST_MS) {
      options.force();
    }
  };
  for (const signal of SIGNALS) process.on(signal, () => request(signal));
  if (options.underNpm) watchParent(() => options.stop('npm is gone'));
}

function watchParent(onGone: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, LOOK_AT_PARENT_EVERY_MS);
  timer.unref();
}
