import type { Observable } from '../core/observable.js';

/** Resolves with the first value, now or later, that holds. */
export function until<T>(observable: Observable<T>, holds: (value: T) => boolean): Promise<T> {
  return new Promise((resolve) => {
    const end = observable.subscribe(look);
    look(observable.get());
    function look(value: T): void {
      if (!holds(value)) return;
      queueMicrotask(() => end());
      resolve(value);
    }
  });
}
