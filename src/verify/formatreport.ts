import type { LossGroup } from './explain.ts';
import type { LossKind } from './load/outcome.ts';
import type { GuaranteeReport, PodReport, Report } from './report.ts';

const VIOLATIONS_SHOWN = 3;
const GROUPS_SHOWN = 12;

const KIND_NAMES: Record<LossKind, string> = {
  refused: 'refused',
  reset: 'reset',
  cutShort: 'cut short',
  timedOut: 'timed out',
  serverError: '5xx',
  unreachable: 'unreachable',
  badAnswer: 'bad answer',
};

const PHASE_NAMES: Record<LossGroup['podPhase'], string> = {
  Unknown: '',
  Starting: 'still starting',
  Serving: 'serving',
  AwaitingRelease: 'deleted, not yet told to stop',
  Stopping: 'told to stop',
  Gone: 'gone',
};

export interface FormatOptions {
  /** Whether the reader is a terminal that shows colours. */
  readonly colour: boolean;
}

/** The report as text for a terminal: verdict last, where the eye is when the command ends. */
export function formatReport(report: Report, options: FormatOptions): string {
  const paint = painter(options.colour);
  const sections = [
    heading(report),
    requestTable(report),
    lossTable(report),
    rolloutTable(report),
    podTable(report.pods),
    guaranteeLines(report.guarantees, paint),
    verdictLine(report, paint),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function heading({ change, load, changedAt }: Report): string {
  const connections = load.connections === 'new' ? 'a new connection each' : 'kept-alive connections';
  return [
    `change   ${change}, ${seconds(changedAt - load.startedAt)} after the load began`,
    `load     ${load.url}  ${number(load.rate)} requests/s, ${load.spacing}, ${connections}, ${seconds(load.endedAt - load.startedAt)}`,
  ].join('\n');
}

function requestTable({ load }: Report): string {
  const { latencyMs } = load;
  return table([
    ['SENT', 'ANSWERED', 'LOST', 'P50', 'P99', 'P99.9', 'MAX'],
    [
      number(load.sent),
      number(load.answered),
      number(load.lost),
      ...[latencyMs.p50, latencyMs.p99, latencyMs.p999, latencyMs.max].map(fineMs),
    ],
  ]);
}

function lossTable({ load, losses, startedAt }: Report): string {
  if (load.lost === 0) return '';
  const kinds = Object.entries(load.lostBy).filter(([, lost]) => lost > 0);
  const byKind = `lost     ${kinds.map(([kind, lost]) => `${number(lost)} ${KIND_NAMES[kind as LossKind]}`).join(', ')}`;
  const rows = losses.slice(0, GROUPS_SHOWN).map((group) => lossRow(group, startedAt));
  const hidden = losses.slice(GROUPS_SHOWN).reduce((sum, group) => sum + group.count, 0);
  const more = hidden > 0 ? `\n… and ${number(hidden)} more in ${losses.length - GROUPS_SHOWN} groups` : '';
  return `${byKind}\n\n${table([['LOST', 'HOW', 'REQUEST WAS', 'WHEN', 'POD', 'POD WAS'], ...rows])}${more}`;
}

function lossRow(group: LossGroup, startedAt: number): string[] {
  const [first, last] = [seconds(group.firstAt - startedAt), seconds(group.lastAt - startedAt)];
  const pod = { answer: group.pods[0], time: group.pods[0], oneOf: `one of ${group.pods.length}`, none: '-' }[group.by];
  const { afterStopMs, podPhase } = group;
  const span =
    afterStopMs && podPhase !== 'AwaitingRelease' ? ` ${range(afterStopMs.min, afterStopMs.max)} before` : '';
  return [
    number(group.count),
    KIND_NAMES[group.kind],
    group.phase,
    first === last ? first : `${first} to ${last}`,
    pod ?? '-',
    podPhase === 'Stopping' ? `${PHASE_NAMES.Stopping}${span}` : PHASE_NAMES[podPhase] || '-',
  ];
}

function rolloutTable({ deployments, rolloutMs }: Report): string {
  const length = rolloutMs === undefined ? 'not complete' : seconds(rolloutMs);
  const rows = deployments.map((deployment) => [
    deployment.name,
    String(deployment.replicas),
    `${deployment.fewestAvailable} (at least ${deployment.minAvailable})`,
    `${deployment.mostAsked} (at most ${deployment.maxReplicas})`,
    String(deployment.mostPods),
  ]);
  const head = ['DEPLOYMENT', 'REPLICAS', 'FEWEST AVAILABLE', 'MOST ASKED FOR', 'MOST PODS'];
  return rows.length === 0 ? `rollout  ${length}` : `rollout  ${length}\n\n${table([head, ...rows])}`;
}

function podTable(pods: readonly PodReport[]): string {
  if (pods.length === 0) return '';
  const rows = pods.map((pod) => [
    pod.name,
    pod.nodeName ?? '-',
    ...[pod.releasedMs, pod.quietMs, pod.stoppedMs, pod.goneMs].map((ms) => (ms === undefined ? '-' : wholeMs(ms))),
    pod.outcome ?? '-',
    pod.answered === undefined ? '-' : number(pod.answered),
    number(pod.lost),
  ]);
  const head = ['POD', 'NODE', 'RELEASED', 'QUIET', 'TOLD TO STOP', 'GONE', 'OUTCOME', 'ANSWERED', 'LOST'];
  return `${table([head, ...rows])}\n${medianLine(pods)}`.trimEnd();
}

function medianLine(pods: readonly PodReport[]): string {
  const stopped = pods.flatMap(({ stoppedMs }) => (stoppedMs === undefined ? [] : [stoppedMs])).sort((a, b) => a - b);
  if (stopped.length === 0) return '';
  const middle = (stopped.length - 1) / 2;
  const median = ((stopped[Math.floor(middle)] ?? 0) + (stopped[Math.ceil(middle)] ?? 0)) / 2;
  return `times count from the pod's deletion; told to stop after ${wholeMs(median)} in the median, ${wholeMs(stopped.at(-1) ?? 0)} at most`;
}

function guaranteeLines(guarantees: readonly GuaranteeReport[], paint: Painter): string {
  const width = Math.max(...guarantees.map(({ name }) => name.length));
  return guarantees
    .flatMap(({ name, says, held, violations }) => {
      const mark = held ? paint('green', 'held  ') : paint('red', 'BROKEN');
      const shown = violations.slice(0, VIOLATIONS_SHOWN).map(({ what }) => `         ${what}`);
      const more = violations.length - shown.length;
      return [
        `${mark}   ${name.padEnd(width)}   ${says}`,
        ...shown,
        ...(more > 0 ? [`         … and ${number(more)} more`] : []),
      ];
    })
    .join('\n');
}

function verdictLine({ verdict, because }: Report, paint: Painter): string {
  const names = { NothingLost: 'NOTHING LOST', Lost: 'LOST', Broken: 'BROKEN', Inconclusive: 'INCONCLUSIVE' };
  const colour = verdict === 'NothingLost' ? 'green' : verdict === 'Inconclusive' ? 'yellow' : 'red';
  return `${paint(colour, names[verdict])}: ${because}`;
}

/** Columns padded to their widest cell; the first column of names left, figures as they come. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}

type Colour = 'green' | 'red' | 'yellow';
type Painter = (colour: Colour, text: string) => string;

function painter(colour: boolean): Painter {
  const codes: Record<Colour, number> = { red: 31, green: 32, yellow: 33 };
  return (name, text) => (colour ? `\u001b[${codes[name]}m${text}\u001b[0m` : text);
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function wholeMs(ms: number): string {
  return `${number(Math.round(ms))} ms`;
}

function fineMs(ms: number): string {
  return ms >= 100 ? wholeMs(ms) : `${ms.toFixed(1)} ms`;
}

function range(min: number, max: number): string {
  const [low, high] = [Math.round(min), Math.round(max)];
  return low === high ? `${low} ms` : `${low} to ${high} ms`;
}
