// The slow and the failed requests of late, and where the time of one went.
import { bytes, clock, count, duration, enumWords } from './format';
import { instant, integer, seconds } from './messages';
import type { ExecutionStats, RecentRequest } from './messages';
import { toneOf } from './outcome';

interface Span {
  name: string;
  kind: string;
  seconds: number;
}

function spansOf(stats: ExecutionStats, endToEnd: number): Span[] {
  const spans = [
    { name: 'Queue', kind: 'queue', seconds: seconds(stats.queue_time) },
    { name: 'Cold start', kind: 'cold', seconds: seconds(stats.cold_start) },
    { name: 'Run', kind: 'run', seconds: seconds(stats.wall_time) },
  ];
  const rest = endToEnd - spans.reduce((sum, span) => sum + span.seconds, 0);
  if (rest > 0) spans.push({ name: 'Other', kind: 'other', seconds: rest });
  return spans;
}

// `endToEnd`: 0 where it is not known.
export function TimeBar({ stats, endToEnd }: { stats: ExecutionStats; endToEnd: number }) {
  const spans = spansOf(stats, endToEnd);
  const whole = spans.reduce((sum, span) => sum + span.seconds, 0);
  return (
    <div class="time">
      <div class="time-bar" aria-hidden="true">
        {spans.map((span) => (
          <span
            key={span.kind}
            class={`part ${span.kind}`}
            style={{ flexGrow: whole === 0 ? 1 : span.seconds / whole }}
          />
        ))}
      </div>
      <ul class="legend">
        {spans.map((span) => (
          <li key={span.kind}>
            <span class={`box part ${span.kind}`} aria-hidden="true" />
            {span.name} <b>{duration(span.seconds)}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}

export function StatsList({ stats }: { stats: ExecutionStats }) {
  return (
    <dl class="facts">
      <div>
        <dt>CPU</dt>
        <dd>{duration(seconds(stats.cpu_time))}</dd>
      </div>
      <div>
        <dt>Heap</dt>
        <dd>{bytes(integer(stats.heap_bytes))}</dd>
      </div>
      <div>
        <dt>Isolate</dt>
        <dd>{enumWords(stats.isolate_origin, 'ISOLATE_ORIGIN_') || 'unknown'}</dd>
      </div>
      <div>
        <dt>Worker</dt>
        <dd>
          {count(integer(stats.worker_id))}, used {count(integer(stats.worker_uses))} times before
        </dd>
      </div>
      <div>
        <dt>Generation</dt>
        <dd>{count(integer(stats.snapshot_generation))}</dd>
      </div>
    </dl>
  );
}

export function Outcome({ name }: { name: string }) {
  return <span class={`pill ${toneOf(name)}`}>{name}</span>;
}

function Request({ request }: { request: RecentRequest }) {
  const outcome = request.outcome ?? '';
  const endToEnd = seconds(request.end_to_end);
  return (
    <details class="request">
      <summary>
        <span class="when">{clock(instant(request.time))}</span>
        <Outcome name={outcome} />
        <span class="took">{duration(endToEnd)}</span>
        <span class="method">{request.method}</span>
        <span class="tenant">{request.tenant || '(no tenant)'}</span>
        <span class="message">{request.message}</span>
      </summary>
      <div class="inside">
        {request.message && <pre class="text">{request.message}</pre>}
        {request.stats ? (
          <TimeBar stats={request.stats} endToEnd={endToEnd} />
        ) : (
          <p class="note">It did not run, or its worker could not tell where the time went.</p>
        )}
        {request.stats && <StatsList stats={request.stats} />}
        <p class="note">
          Request id <code>{request.request_id || 'none'}</code>, which is in the log too
        </p>
      </div>
    </details>
  );
}

export function Requests({ recent }: { recent: RecentRequest[] }) {
  return (
    <section class="card" aria-labelledby="requests-of-late">
      <header>
        <h3 id="requests-of-late">Slow and failed requests</h3>
        <span class="note">{recent.length === 0 ? '' : `${count(recent.length)} of late, newest first`}</span>
      </header>
      {recent.length === 0 && <p class="nothing">None yet</p>}
      <div class="rows">
        {recent.map((request) => (
          <Request key={`${request.request_id} ${request.time}`} request={request} />
        ))}
      </div>
    </section>
  );
}
