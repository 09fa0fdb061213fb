import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef, type ReactNode } from 'react';

export interface VirtualListProps<T> {
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  readonly rowHeight: number;
  readonly renderRow: (item: T) => ReactNode;
}

/** A long list of which only what can be seen is in the document. */
export function VirtualList<T>({ items, keyOf, rowHeight, renderRow }: VirtualListProps<T>) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => keyOf(items[index] as T),
    overscan: 12,
  });
  return (
    <div className="list" ref={scroller}>
      <ul style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((row) => (
          <li key={row.key} style={{ height: rowHeight, transform: `translateY(${row.start}px)` }}>
            {renderRow(items[row.index] as T)}
          </li>
        ))}
      </ul>
    </div>
  );
}
