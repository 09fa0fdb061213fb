import { ArrowDown, ArrowUp } from 'lucide-react';
import type { InstanceColumn, Order } from './sort.js';

export interface SortHeaderProps {
  readonly column: InstanceColumn;
  readonly label: string;
  readonly title?: string | undefined;
  readonly order: Order;
  readonly onOrder: (order: Order) => void;
}

export function SortHeader({ column, label, title, order, onOrder }: SortHeaderProps) {
  const active = order.column === column;
  const Arrow = order.descending ? ArrowDown : ArrowUp;
  const direction = order.descending ? 'descending' : 'ascending';
  return (
    <th scope="col" aria-sort={active ? direction : 'none'} title={title}>
      <button
        type="button"
        className="quiet"
        onClick={() => onOrder({ column, descending: active && !order.descending })}
      >
        {label} {active && <Arrow size={14} aria-hidden="true" />}
      </button>
    </th>
  );
}
