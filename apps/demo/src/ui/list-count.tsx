export interface ListCountProps {
  readonly shown: number;
  /** Decimal text, as the database counts. */
  readonly total: string | undefined;
  readonly noun: string;
}

/** How many there are, and whether all of them are listed. */
export function ListCount({ shown, total, noun }: ListCountProps) {
  const all = Number(total ?? shown);
  const some = all > shown ? `first ${shown.toLocaleString('en')} of ` : '';
  return (
    <span className="muted" data-count={all}>
      {some}
      {all.toLocaleString('en')} {noun}
      {all === 1 ? '' : 's'}
    </span>
  );
}
