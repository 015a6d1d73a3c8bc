import { pino } from 'pino';
import type { Log, LogFields } from '../base/log.ts';

/** Log lines as JSON on `destination`: a file descriptor or a path. */
export function pinoLog(options: { level: string; destination: number | string }): Log {
  const { level, destination } = options;
  return wrapped(
    pino(
      { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
      pino.destination({ dest: destination, sync: true }),
    ),
  );
}

function wrapped(logger: pino.Logger): Log {
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
    child: (fields: LogFields) => wrapped(logger.child(fields)),
  };
}
