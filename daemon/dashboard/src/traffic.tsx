// What evald does this moment: figures, plots, and how requests end.
import { compact, count, duration, mark, percent, rate, span } from './format';
import { status } from './live';
import { integer, seconds } from './messages';
import type { LatencyBucket, LatencySummary, LiveStatus } from './messages';
import { toneOf } from './outcome';
import { Plot } from './plot';

interface TileProps {
  label: string;
  value: string;
  note: string;
  tone?: string;
}

function Tile({ label, value, note, tone }: TileProps) {
  return (
    <div class={`tile ${tone ?? ''}`}>
      <dt>{label}</dt>
      <dd>
        <b>{value}</b>
        <span class="note">{note}</span>
      </dd>
    </div>
  );
}

function orDash(summary: LatencySummary | undefined, value: string | undefined): string {
  return integer(summary?.count) === 0 ? '\u2013' : duration(seconds(value));
}

function failedShare(now: LiveStatus): { failed: number; all: number } {
  let failed = 0;
  let all = 0;
  for (const [outcome, value] of Object.entries(now.outcomes_window ?? {})) {
    all += integer(value);
    if (toneOf(outcome) === 'bad') failed += integer(value);
  }
  return { failed, all };
}

export function Tiles({ now }: { now: LiveStatus }) {
  const window = span(seconds(now.window) || 10);
  const { failed, all } = failedShare(now);
  const busy = integer(now.pool?.busy);
  const queued = integer(now.pool?.queued);
  return (
    <dl class="tiles">
      <Tile
        label="Requests a second"
        value={rate(now.requests_per_second ?? 0)}
        note={`${rate(now.requests_per_second_window ?? 0)} over ${window}`}
      />
      <Tile
        label="End to end, p50"
        value={orDash(now.end_to_end, now.end_to_end?.p50)}
        note={`p99 ${orDash(now.end_to_end, now.end_to_end?.p99)}`}
      />
      <Tile
        label="Cold start, p50"
        value={orDash(now.cold_start, now.cold_start?.p50)}
        note={`p99 ${orDash(now.cold_start, now.cold_start?.p99)}`}
      />
      <Tile
        label="Failed"
        value={percent(failed, all)}
        note={`${count(failed)} of ${count(all)} in ${window}`}
        tone={failed * 100 >= all && failed > 0 ? 'bad' : failed > 0 ? 'warn' : ''}
      />
      <Tile
        label="Workers busy"
        value={count(busy)}
        note={`of at most ${count(integer(now.pool?.max_workers))}`}
      />
      <Tile
        label="Waiting"
        value={count(queued)}
        note="requests in the queue"
        tone={queued > 0 ? 'warn' : ''}
      />
    </dl>
  );
}

export function Plots() {
  return (
    <div class="plots">
      <Plot
        id="requests"
        title="Requests"
        note="a second"
        text={rate}
        mark={rate}
        lines={[{ figure: 'requests', label: 'ended a second', colour: '--line-1', fill: true }]}
      />
      <Plot
        id="latency"
        title="Latency"
        note="end to end, log scale"
        text={duration}
        mark={mark}
        logarithmic
        lines={[
          { figure: 'endToEnd50', label: 'p50', colour: '--line-1' },
          { figure: 'endToEnd90', label: 'p90', colour: '--line-2', dash: [6, 3] },
          { figure: 'endToEnd99', label: 'p99', colour: '--line-3', dash: [2, 2] },
        ]}
      />
      <Plot
        id="cold-start"
        title="Cold start"
        note="worker leased to first line run, log scale"
        text={duration}
        mark={mark}
        logarithmic
        lines={[
          { figure: 'coldStart50', label: 'p50', colour: '--line-1' },
          { figure: 'coldStart99', label: 'p99', colour: '--line-3', dash: [2, 2] },
        ]}
      />
      <Histogram buckets={status.value?.cold_start_histogram ?? []} />
    </div>
  );
}

interface Bar {
  label: string;
  end: string;
  count: number;
}

// Names of buckets have the room of a phone's width.
const MOST_NAMED_BARS = 7;

// Without the empty buckets at either end, but never fewer than a few, so that one bar does not fill the
// picture.
function barsOf(buckets: LatencyBucket[]): Bar[] {
  const bars = buckets.map((bucket, index) => {
    const end = bucket.at_most === undefined ? '' : mark(seconds(bucket.at_most));
    const before = mark(seconds(buckets[index - 1]?.at_most));
    return {
      label: end === '' ? `over ${before}` : `${before} to ${end}`,
      end,
      count: integer(bucket.count),
    };
  });
  const used = bars.flatMap((bar, index) => (bar.count > 0 ? [index] : []));
  if (used.length === 0) return [];
  const first = Math.max(0, used[0]! - 1);
  return bars.slice(first, Math.max(used.at(-1)! + 2, first + 8));
}

function Histogram({ buckets }: { buckets: LatencyBucket[] }) {
  const bars = barsOf(buckets);
  const highest = Math.max(1, ...bars.map((bar) => bar.count));
  const step = Math.ceil(bars.length / MOST_NAMED_BARS);
  const all = bars.reduce((sum, bar) => sum + bar.count, 0);
  return (
    <section class="card plot" aria-labelledby="histogram-title">
      <header>
        <h3 id="histogram-title">Cold starts by length</h3>
        <span class="note">
          {all === 0 ? '' : `${count(all)} of the last ${span(seconds(status.value?.window) || 10)}`}
        </span>
      </header>
      {bars.length === 0 && <p class="nothing">Waiting for the first request</p>}
      {bars.length > 0 && (
        <ol class={bars.length > 10 ? 'histogram many' : 'histogram'}>
          {bars.map((bar, index) => (
            <li
              key={bar.label}
              class={index % step === 0 ? 'named-end' : ''}
              title={`${bar.label}: ${count(bar.count)}`}
            >
              <span class="amount">{bar.count === 0 ? '' : compact(bar.count)}</span>
              <span
                class="bar"
                style={{
                  height: `calc(var(--highest) * ${bar.count / highest})`,
                  minHeight: bar.count > 0 ? '2px' : '0',
                }}
                aria-hidden="true"
              />
              <span class="unseen">{bar.label}</span>
              <span class="end" aria-hidden="true">
                {bar.end === '' ? 'more' : bar.end}
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

export function Outcomes({ now }: { now: LiveStatus }) {
  const entries = Object.entries(now.outcomes ?? {})
    .map(([name, value]) => ({ name, all: integer(value), recent: integer(now.outcomes_window?.[name]) }))
    .filter((entry) => entry.all > 0)
    .sort((a, b) => b.all - a.all);
  const total = entries.reduce((sum, entry) => sum + entry.all, 0);
  return (
    <section class="card" aria-labelledby="outcomes-title">
      <header>
        <h3 id="outcomes-title">Outcomes</h3>
        <span class="note">since evald started</span>
      </header>
      {entries.length === 0 && <p class="nothing">Waiting for the first request</p>}
      {entries.length > 0 && (
        <table class="outcomes">
          <thead>
            <tr>
              <th scope="col">Outcome</th>
              <th scope="col">Last {span(seconds(now.window) || 10)}</th>
              <th scope="col">All</th>
              <th scope="col">Share</th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry) => (
              <tr key={entry.name}>
                <th scope="row">
                  <span class="named">
                    <span class={`mark ${toneOf(entry.name)}`} aria-hidden="true" />
                    {entry.name}
                  </span>
                </th>
                <td>{count(entry.recent)}</td>
                <td>{count(entry.all)}</td>
                <td>{percent(entry.all, total)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
