import type { Simulation, StrategyReport } from './simulate.ts';

const COLUMNS = 2;
const PANEL = { width: 470, height: 220 } as const;
/** Room around the plot of a panel: for its title and its axes. */
const INSET = { left: 44, right: 16, top: 52, bottom: 34 } as const;
const HEAD_HEIGHT = 64;
const RUNNING = '#0b62a4';
const TERMINATING = '#c2410c';

/** Pods over time, one panel a strategy, all on the same scales: by the first seed. A whole SVG document. */
export function drawSimulation(simulation: Simulation): string {
  const { strategies } = simulation;
  const rows = Math.ceil(strategies.length / COLUMNS);
  const [width, height] = [PANEL.width * Math.min(COLUMNS, strategies.length), HEAD_HEIGHT + PANEL.height * rows];
  const scale = scaleOf(simulation);
  const panels = strategies.map((strategy, index) => {
    const [x, y] = [(index % COLUMNS) * PANEL.width, HEAD_HEIGHT + Math.floor(index / COLUMNS) * PANEL.height];
    return `<g transform="translate(${x} ${y})">\n${panel(strategy, { scale, simulation })}\n</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#222">`,
    `<title>Pods over time for each way to stop them</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text({ x: INSET.left, y: 26 }, `Rolling out ${simulation.replicas} pods`, 'font-size="16" font-weight="600"'),
    legend(),
    ...panels,
    '</svg>',
    '',
  ].join('\n');
}

interface Scale {
  readonly secondsMax: number;
  readonly podsMax: number;
  x(seconds: number): number;
  y(pods: number): number;
}

function scaleOf({ strategies, replicas }: Simulation): Scale {
  const last = Math.max(1, ...strategies.map(({ series }) => series.at(-1)?.seconds ?? 0));
  const most = Math.max(replicas, ...strategies.map(({ peak }) => Math.max(peak.running, peak.terminating)));
  const secondsMax = last * 1.04;
  const podsMax = most * 1.1;
  const plotWidth = PANEL.width - INSET.left - INSET.right;
  const plotHeight = PANEL.height - INSET.top - INSET.bottom;
  return {
    secondsMax,
    podsMax,
    x: (seconds) => INSET.left + (seconds / secondsMax) * plotWidth,
    y: (pods) => PANEL.height - INSET.bottom - (pods / podsMax) * plotHeight,
  };
}

function panel(strategy: StrategyReport, context: { scale: Scale; simulation: Simulation }): string {
  const { scale, simulation } = context;
  const { name, lost, goneSeconds } = strategy;
  const losses = lost.mean === 0 ? 'no request lost' : `${lost.mean.toFixed(1)} requests lost`;
  return [
    text({ x: INSET.left, y: 22 }, name, 'font-size="14" font-weight="600"'),
    text({ x: INSET.left, y: 39 }, `${losses} · last pod gone after ${goneSeconds.toFixed(1)} s`, 'fill="#555"'),
    axes(scale),
    line({ from: [0, simulation.replicas], to: [scale.secondsMax, simulation.replicas] }, scale),
    steps(strategy, { scale, of: 'terminating', colour: TERMINATING }),
    steps(strategy, { scale, of: 'running', colour: RUNNING }),
  ].join('\n');
}

function steps(
  { series }: StrategyReport,
  { scale, of, colour }: { scale: Scale; of: 'running' | 'terminating'; colour: string },
): string {
  const path = series.map((point, index) => {
    const [x, y] = [point1(scale.x(point.seconds)), point1(scale.y(point[of]))];
    return index === 0 ? `M${x} ${y}` : `H${x}V${y}`;
  });
  const end = `H${point1(scale.x(scale.secondsMax))}`;
  // Both lines often lie on each other: what terminates is shaded, so that it shows below what runs.
  const fill = of === 'terminating' ? `fill="${colour}" fill-opacity="0.14"` : 'fill="none"';
  return `<path d="${path.join('')}${end}" ${fill} stroke="${colour}" stroke-width="2" stroke-linejoin="round"/>`;
}

function axes(scale: Scale): string {
  const [left, bottom] = [INSET.left, PANEL.height - INSET.bottom];
  const pods = ticks(scale.podsMax, 4).map((count) => {
    const y = point1(scale.y(count));
    const grid = `<line x1="${left}" x2="${PANEL.width - INSET.right}" y1="${y}" y2="${y}" stroke="#e5e5e5"/>`;
    return `${grid}${text({ x: left - 8, y: y + 4 }, String(count), 'text-anchor="end" fill="#555"')}`;
  });
  const seconds = ticks(scale.secondsMax, 6).map((second) =>
    text({ x: point1(scale.x(second)), y: bottom + 17 }, `${second} s`, 'text-anchor="middle" fill="#555"'),
  );
  return [...pods, ...seconds].join('\n');
}

function line({ from, to }: { from: readonly [number, number]; to: readonly [number, number] }, scale: Scale): string {
  const [x1, y1, x2, y2] = [scale.x(from[0]), scale.y(from[1]), scale.x(to[0]), scale.y(to[1])].map(point1);
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#888" stroke-dasharray="4 4"/>`;
}

function legend(): string {
  const entry = (x: number, { label, stroke }: { label: string; stroke: string }) =>
    `<line x1="${x}" y1="45" x2="${x + 22}" y2="45" ${stroke}/>${text({ x: x + 30, y: 49 }, label, '')}`;
  return [
    entry(INSET.left, { label: 'running', stroke: `stroke="${RUNNING}" stroke-width="2"` }),
    entry(INSET.left + 110, { label: 'terminating', stroke: `stroke="${TERMINATING}" stroke-width="2"` }),
    entry(INSET.left + 240, { label: 'asked for', stroke: 'stroke="#888" stroke-dasharray="4 4"' }),
  ].join('\n');
}

/** Round steps from 0 up to `most`: about `count` of them. */
function ticks(most: number, count: number): number[] {
  const rough = most / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough) ?? rough);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
}

function text({ x, y }: { x: number; y: number }, content: string, attributes: string): string {
  return `<text x="${x}" y="${y}" ${attributes}>${content}</text>`;
}

function point1(value: number): number {
  return Math.round(value * 10) / 10;
}
