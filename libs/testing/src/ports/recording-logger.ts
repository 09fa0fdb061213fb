import type { LogFields, Logger, LogLevel } from '@millrace/kernel';

export interface LogRecord {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** A logger that keeps what it is told, its children's lines included. */
export interface RecordingLogger extends Logger {
  readonly records: readonly LogRecord[];
  /** Messages of one level. */
  messages(level: LogLevel): readonly string[];
}

export function recordingLogger(): RecordingLogger {
  const records: LogRecord[] = [];
  const at =
    (level: LogLevel, own: LogFields) =>
    (message: string, fields: LogFields = {}): void => {
      records.push({ level, message, fields: { ...own, ...fields } });
    };
  const loggerWith = (own: LogFields): Logger => ({
    debug: at('debug', own),
    info: at('info', own),
    warn: at('warn', own),
    error: at('error', own),
    child: (fields) => loggerWith({ ...own, ...fields }),
  });
  return {
    ...loggerWith({}),
    records,
    messages: (level) => records.filter((record) => record.level === level).map(({ message }) => message),
  };
}
