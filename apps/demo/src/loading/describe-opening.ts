/** A first open takes about two seconds; beyond this many a person wonders. */
const WONDERS_AFTER = 5;
/** Beyond this many, a browser rather hangs than works: nothing of a database is in danger by trying again. */
const HANGS_AFTER = 30;

/** What to say of a database that has been opening for so many seconds; null while that is nothing unusual. */
export function describeOpening(seconds: number): string | null {
  if (seconds < WONDERS_AFTER) return null;
  const waited = `For ${seconds} seconds now.`;
  if (seconds < HANGS_AFTER)
    return `${waited} The first time takes longest: the browser makes a Postgres of its own. Nothing is lost by waiting.`;
  return `${waited} If it gets no further, reload the page; if that does not help, close the browser and open it again. What you have written is kept.`;
}
