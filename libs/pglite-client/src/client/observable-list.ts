import type { Logger } from '@millrace/kernel';
import { observable } from '../core/observable.js';
import type { ObservableList } from './millrace-client.js';

/** A list that is read again after each change, while somebody subscribes; changes during a read are answered by one more read. */
export function observableList<T>(
  read: () => Promise<readonly T[]>,
  onChange: (listener: () => void) => () => void,
  logger: Logger,
): ObservableList<T> {
  const list = observable<readonly T[]>([]);
  let subscribers = 0;
  let end: () => void = () => undefined;
  let reading = false;
  let stale = false;

  async function refresh(): Promise<void> {
    stale = true;
    if (reading) return;
    reading = true;
    try {
      while (stale && subscribers > 0) {
        stale = false;
        list.set(await read());
      }
    } catch (error) {
      logger.warn('a list of the outbox could not be read', { error });
    } finally {
      reading = false;
    }
  }

  return {
    get: list.get,
    load: read,
    subscribe: (listener) => {
      const unsubscribe = list.subscribe(listener);
      subscribers += 1;
      if (subscribers === 1) end = onChange(() => void refresh());
      void refresh();
      let active = true;
      return () => {
        if (!active) return;
        active = false;
        unsubscribe();
        subscribers -= 1;
        if (subscribers === 0) end();
      };
    },
  };
}
