/** What a command tells: lines for people, or one JSON value for programs. */
export interface Output {
  say(line: string): void;
  /** What to do after it. */
  next(line: string): void;
  /** Becomes a part of the JSON value. */
  data(values: Readonly<Record<string, unknown>>): void;
  /** Writes what is left to write. */
  end(): void;
}

export function createOutput(json: boolean, write: (text: string) => void): Output {
  const value: Record<string, unknown> = {};
  return {
    say: (line) => {
      if (!json) write(`${line}\n`);
    },
    next: (line) => {
      if (json) value['next'] = line;
      else write(`next: ${line}\n`);
    },
    data: (values) => void Object.assign(value, values),
    end: () => {
      if (json) write(`${JSON.stringify(value, null, 2)}\n`);
    },
  };
}
