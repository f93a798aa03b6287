// The last ten minutes of figures, kept in this page: evald itself remembers only the last seconds.
import { signal } from '@preact/signals';
import { instant, integer, seconds } from './messages';
import type { DurationText, LatencySummary, LiveStatus } from './messages';

const SPAN_SECONDS = 600;
const LEAST_SPAN_SECONDS = 60;
// Longer than this without news is drawn as a gap.
const GAP_SECONDS = 4;

const FIGURES = ['requests', 'endToEnd50', 'endToEnd90', 'endToEnd99', 'coldStart50', 'coldStart99'] as const;
export type Figure = (typeof FIGURES)[number];
type Sample = Record<Figure, number | null>;

// Seconds since 1970, ascending.
const times: number[] = [];
const figures = Object.fromEntries(FIGURES.map((name) => [name, []])) as unknown as Record<
  Figure,
  (number | null)[]
>;

// Changes with every sample.
export const historyVersion = signal(0);

export function columns(names: readonly Figure[]): [number[], ...(number | null)[][]] {
  return [times, ...names.map((name) => figures[name])];
}

// What a plot shows of the time: what there is, but never so little that a few seconds fill it.
export function shownSpan(): [number, number] {
  const last = times.at(-1) ?? Date.now() / 1000;
  return [Math.min(times[0] ?? last, last - LEAST_SPAN_SECONDS), last];
}

function add(time: number, sample: Sample | null): void {
  times.push(time);
  for (const name of FIGURES) figures[name].push(sample === null ? null : sample[name]);
}

function dropBefore(time: number): void {
  const kept = times.findIndex((each) => each >= time);
  const dropped = kept < 0 ? times.length : kept;
  times.splice(0, dropped);
  for (const name of FIGURES) figures[name].splice(0, dropped);
}

function measured(summary: LatencySummary | undefined, value: DurationText | undefined): number | null {
  return integer(summary?.count) === 0 ? null : seconds(value);
}

export function remember(status: LiveStatus): void {
  const time = instant(status.time) / 1000;
  const last = times.at(-1) ?? 0;
  // The clock of the machine was put back: what was before cannot be drawn with what is now.
  if (time < last - GAP_SECONDS) dropBefore(Number.POSITIVE_INFINITY);
  else if (time <= last) return;
  else if (last > 0 && time > last + GAP_SECONDS) add(time - 0.001, null);
  add(time, {
    requests: status.requests_per_second ?? 0,
    endToEnd50: measured(status.end_to_end, status.end_to_end?.p50),
    endToEnd90: measured(status.end_to_end, status.end_to_end?.p90),
    endToEnd99: measured(status.end_to_end, status.end_to_end?.p99),
    coldStart50: measured(status.cold_start, status.cold_start?.p50),
    coldStart99: measured(status.cold_start, status.cold_start?.p99),
  });
  dropBefore(time - SPAN_SECONDS);
  historyVersion.value += 1;
}
