import { jsonLogger, type Logger } from '@millrace/kernel';
import type { Settings } from './settings.js';

/** JSON lines on the Worker's console, the one sink that every host of workerd has. */
export function workerLogger(settings: Pick<Settings, 'logLevel'>, part: string): Logger {
  return jsonLogger(
    (line, level) => (level === 'error' || level === 'warn' ? console.error(line) : console.log(line)),
    settings.logLevel,
    { part },
  );
}
