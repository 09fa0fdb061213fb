/** Reads one after another, and the next one while the caller works on the one before: a file is on its way while Postgres keeps the thread. */
export async function* readAhead<Item, Value>(
  items: readonly Item[],
  read: (item: Item) => Promise<Value>,
): AsyncGenerator<readonly [Item, Value], void, void> {
  let next = begin(0);
  for (let index = 0; next !== null; index += 1) {
    const [item, reading] = next;
    const value = await reading;
    next = begin(index + 1);
    yield [item, value];
  }

  function begin(index: number): readonly [Item, Promise<Value>] | null {
    const item = items[index];
    if (item === undefined) return null;
    const reading = read(item);
    reading.catch(() => undefined); // heard when its turn comes, if it comes
    return [item, reading];
  }
}
