/** One answer of the server: a table, or nothing but its command tag. */
export interface QueryAnswer {
  /** As the server sends it, e.g. `INSERT 0 5`. */
  readonly tag: string;
  readonly columns: readonly { readonly name: string; readonly numeric: boolean }[];
  readonly rows: readonly (readonly (string | null)[])[];
}

export interface RenderOptions {
  readonly aligned: boolean;
  readonly tuplesOnly: boolean;
  readonly quiet: boolean;
  readonly separator: string;
}

/** An answer in psql's layout. NULL shows as nothing, as there. */
export function render(answer: QueryAnswer, options: RenderOptions): string {
  if (answer.columns.length === 0) return options.quiet ? '' : `${answer.tag}\n`;
  return options.aligned ? renderAligned(answer, options) : renderUnaligned(answer, options);
}

function renderUnaligned({ columns, rows }: QueryAnswer, { separator, tuplesOnly }: RenderOptions): string {
  const lines = rows.map((row) => row.map((value) => value ?? '').join(separator));
  const framed = tuplesOnly ? lines : [columns.map(({ name }) => name).join(separator), ...lines, footer(rows.length)];
  return framed.map((line) => `${line}\n`).join('');
}

function renderAligned({ columns, rows }: QueryAnswer, { tuplesOnly }: RenderOptions): string {
  const widths = columns.map(({ name }, index) =>
    Math.max(name.length, ...rows.map((row) => (row[index] ?? '').length)),
  );
  const lines = rows.map((row) => {
    const cells = columns.map(({ numeric }, index) => pad(row[index] ?? '', widths[index] ?? 0, numeric));
    return ` ${cells.join(' | ').trimEnd()}`;
  });
  const head = columns
    .map(({ name }, index) => centre(name, widths[index] ?? 0))
    .join(' | ')
    .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width + 2)).join('+');
  const framed = tuplesOnly ? lines : [` ${head}`, rule, ...lines, footer(rows.length)];
  return `${framed.join('\n')}\n\n`;
}

function pad(text: string, width: number, right: boolean): string {
  return right ? text.padStart(width) : text.padEnd(width);
}

function centre(text: string, width: number): string {
  return text.padStart(text.length + Math.floor((width - text.length) / 2)).padEnd(width);
}

function footer(count: number): string {
  return `(${count} row${count === 1 ? '' : 's'})`;
}
