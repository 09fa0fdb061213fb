/** How long a tab waits for the first slot: after a reload the page before may still be on its way out, with the lock in its hand. */
const FIRST_SLOT_MS = 1_500;

const LOCK = 'millrace:';

/** A tab's place: its own client id, directory and outbox, held by a lock for as long as the tab lives [A5]. */
export interface ClientSlot {
  readonly name: string;
  release(): void;
}

/** Takes the first free slot of a principal at a server: tabs of one principal each get their own. */
export async function takeClientSlot(locks: LockManager, scope: string): Promise<ClientSlot> {
  for (let number = 0; ; number += 1) {
    const slot = await tryToHold(locks, `${scope}-${number}`, number === 0 ? FIRST_SLOT_MS : 0);
    if (slot) return slot;
  }
}

/** That slot if nobody holds it, null otherwise. */
export function takeFreeSlot(locks: LockManager, name: string): Promise<ClientSlot | null> {
  return tryToHold(locks, name, 0);
}

/** Names of all slots that are held now, by whatever tab. */
export async function takenSlots(locks: LockManager): Promise<Set<string>> {
  const { held = [] } = await locks.query();
  return new Set(held.flatMap(({ name }) => (name?.startsWith(LOCK) ? [name.slice(LOCK.length)] : [])));
}

function tryToHold(locks: LockManager, name: string, patienceMs: number): Promise<ClientSlot | null> {
  return new Promise((resolve, reject) => {
    const hold = (lock: Lock | null): Promise<void> | undefined => {
      if (lock === null) {
        resolve(null);
        return undefined;
      }
      return new Promise<void>((release) => resolve({ name, release }));
    };
    const options: LockOptions = patienceMs === 0 ? { ifAvailable: true } : { signal: AbortSignal.timeout(patienceMs) };
    locks.request(`${LOCK}${name}`, options, hold).catch((error: unknown) => {
      if (error instanceof DOMException && (error.name === 'TimeoutError' || error.name === 'AbortError'))
        resolve(null);
      else reject(error instanceof Error ? error : new Error(String(error)));
    });
  });
}

/** Name for the databases of a principal at a server; safe as a directory name, and different for different ones. */
export function scopeName(url: string, principal: string): string {
  const safe = (text: string) =>
    encodeURIComponent(text).replace(/[^A-Za-z0-9]/g, (char) => `_${char.charCodeAt(0).toString(16)}`);
  return `millrace-${safe(new URL(url).host)}-${safe(principal)}`;
}
