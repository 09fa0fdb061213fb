import { jsonLogger, silentLogger } from './logger.js';

describe('jsonLogger', () => {
  function logged(level: 'debug' | 'warn') {
    const lines: string[] = [];
    return { logger: jsonLogger((line) => lines.push(line), level), lines };
  }

  it('writes one JSON line per event, with bigints and errors as text', () => {
    const { logger, lines } = logged('debug');
    logger.child({ part: 'pump' }).error('failed', { seq: 2n ** 63n, error: new Error('boom') });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { level: 'error', message: 'failed', part: 'pump', seq: '9223372036854775808', error: 'boom' },
    ]);
  });

  it('drops what lies below its level, also in children', () => {
    const { logger, lines } = logged('warn');
    logger.info('no');
    logger.child({}).debug('no');
    logger.warn('yes');
    expect(lines).toHaveLength(1);
  });

  it('may be silent', () => expect(silentLogger.child({ a: 1 }).error('nothing')).toBeUndefined());
});
