import type { Observable } from '@millrace/pglite-client';

/**
 * Resolves with the first value that fits, which may be the present one.
 * @throws Error after `withinMs`, with the value as it was then
 */
export function until<T, Fit extends T = T>(
  observable: Observable<T>,
  fits: (value: T) => value is Fit,
  withinMs?: number,
): Promise<Fit>;
export function until<T>(observable: Observable<T>, fits: (value: T) => boolean, withinMs?: number): Promise<T>;
export function until<T>(observable: Observable<T>, fits: (value: T) => boolean, withinMs = 600_000): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let end: () => void = () => undefined;
  const timer = setTimeout(() => {
    const seen = JSON.stringify(observable.get(), (_key, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    );
    reject(new Error(`it did not happen within ${withinMs / 1000} s; last seen: ${seen}`));
  }, withinMs);
  const look = (value: T): void => {
    if (fits(value)) resolve(value);
  };
  end = observable.subscribe(look);
  look(observable.get());
  return promise.finally(() => {
    clearTimeout(timer);
    end();
  });
}
