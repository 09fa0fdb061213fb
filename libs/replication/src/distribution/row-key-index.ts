import type { Instance } from './instance.js';

/** Finds the instances that a set of row keys concerns without looking at all others: a persist costs what it touches. */
export class RowKeyIndex {
  private readonly byKey = new Map<string, Set<Instance>>();

  add(instance: Instance): void {
    for (const key of instance.rowKeys) {
      const instances = this.byKey.get(key);
      if (instances) instances.add(instance);
      else this.byKey.set(key, new Set([instance]));
    }
  }

  remove(instance: Instance): void {
    for (const key of instance.rowKeys) {
      const instances = this.byKey.get(key);
      instances?.delete(instance);
      if (instances?.size === 0) this.byKey.delete(key);
    }
  }

  touched(keys: ReadonlySet<string>): ReadonlySet<Instance> {
    const touched = new Set<Instance>();
    for (const key of keys) for (const instance of this.byKey.get(key) ?? []) touched.add(instance);
    return touched;
  }
}
