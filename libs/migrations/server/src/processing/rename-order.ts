export type Rename = readonly [from: string, to: string];

/** The renames in an order in which no new name is still in use. `cycle` is called if there is none. */
export function inRenameOrder(renames: readonly Rename[], cycle: () => never): readonly Rename[] {
  const ordered: Rename[] = [];
  let left = [...renames];
  while (left.length > 0) {
    const next = left.find(([, to]) => !left.some(([from]) => from === to));
    if (!next) return cycle();
    ordered.push(next);
    left = left.filter((rename) => rename !== next);
  }
  return ordered;
}
