/** One line of a CRI log file: `<RFC3339Nano> <stream> <F|P> <text>`. */
export interface CriLine {
  readonly time: string;
  readonly stream: 'stdout' | 'stderr';
  /** The line goes on in the next entry. */
  readonly partial: boolean;
  readonly text: string;
}

/** Undefined for a line that is not of the format, e.g. one cut short by a crash. */
export function parseCriLine(line: string): CriLine | undefined {
  const match = /^(\S+) (stdout|stderr) ([FP])(?: (.*))?$/s.exec(line);
  if (!match) return undefined;
  const [, time, stream, flag, text] = match;
  return { time: time as string, stream: stream as CriLine['stream'], partial: flag === 'P', text: text ?? '' };
}

export interface LogQuery {
  readonly timestamps: boolean;
  /** Only lines at or after this moment (milliseconds since the epoch). */
  readonly sinceMs: number | undefined;
  /** Only this stream when given. */
  readonly stream: 'stdout' | 'stderr' | undefined;
}

/** What `kubectl logs` shows of an entry, or undefined when the query leaves it out. */
export function renderCriLine(entry: CriLine, query: LogQuery): string | undefined {
  if (query.stream && entry.stream !== query.stream) return undefined;
  if (query.sinceMs !== undefined && Date.parse(entry.time) < query.sinceMs) return undefined;
  return `${query.timestamps ? `${entry.time} ` : ''}${entry.text}${entry.partial ? '' : '\n'}`;
}
