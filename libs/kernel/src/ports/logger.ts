export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log. Fields never hold rows, SQL parameters or tokens (I8). */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to each line. */
  child(fields: LogFields): Logger;
}

const RANK: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/** A logger that writes one JSON line per event to `write`, from `level` upward. */
export function jsonLogger(
  write: (line: string, level: LogLevel) => void,
  level: LogLevel = 'info',
  fields: LogFields = {},
): Logger {
  const at = (own: LogLevel) => (message: string, more?: LogFields) => {
    if (RANK[own] < RANK[level]) return;
    write(JSON.stringify({ level: own, message, ...fields, ...more }, textOf), own);
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (more) => jsonLogger(write, level, { ...fields, ...more }),
  };
}

function textOf(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Error) return value.message;
  return value;
}

/** A logger that says nothing. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};
