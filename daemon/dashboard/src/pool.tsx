// The pool, worker by worker, and what evald's house looks like.
import { signal } from '@preact/signals';
import { bytes, count, duration, enumWords, span } from './format';
import { integer, seconds } from './messages';
import type { LiveStatus, PoolStatus, WorkerStatus } from './messages';

interface State {
  name: string;
  letter: string;
  meaning: string;
}

const STATES: State[] = [
  { name: 'STARTING', letter: 'S', meaning: 'being forked' },
  { name: 'UNUSED', letter: 'U', meaning: 'never used, ready for anyone' },
  { name: 'IDLE', letter: 'I', meaning: 'ready for the tenant it served' },
  { name: 'BUSY', letter: 'B', meaning: 'runs a request' },
  { name: 'RESETTING', letter: 'R', meaning: 'being put back to the image' },
  { name: 'RETIRING', letter: 'T', meaning: 'will serve nobody again' },
  { name: 'ENDING', letter: 'E', meaning: 'its process ends' },
];
const UNKNOWN: State = { name: 'UNKNOWN', letter: '?', meaning: 'a state that this page does not know' };

function stateOf(worker: WorkerStatus): State {
  return STATES.find((state) => state.name === worker.state) ?? UNKNOWN;
}

const idOf = (worker: WorkerStatus) => String(worker.worker_id ?? 0);

// The worker that the arrow keys are at, and the one under the pointer.
const current = signal<string | null>(null);
const pointed = signal<string | null>(null);

function describe(worker: WorkerStatus): string {
  const tenant =
    integer(worker.uses) === 0
      ? 'no tenant yet'
      : worker.tenant
        ? `tenant ${worker.tenant}`
        : 'the tenant without a name';
  return (
    `Worker ${idOf(worker)}: ${stateOf(worker).name.toLowerCase()} for ${duration(seconds(worker.since))}, ${tenant}, ` +
    `${count(integer(worker.uses))} uses, ${span(seconds(worker.age))} old, generation ${count(integer(worker.generation))}`
  );
}

// Where an arrow key leads to; the cells wrap, so up and down go by where they are drawn.
function neighbour(cell: HTMLElement, key: string): HTMLElement | null {
  const cells = [...(cell.parentElement?.children ?? [])] as HTMLElement[];
  const at = cells.indexOf(cell);
  if (key === 'ArrowLeft') return cells[at - 1] ?? null;
  if (key === 'ArrowRight') return cells[at + 1] ?? null;
  if (key === 'Home') return cells[0] ?? null;
  if (key === 'End') return cells.at(-1) ?? null;
  if (key !== 'ArrowUp' && key !== 'ArrowDown') return null;
  const perRow = cells.filter((each) => each.offsetTop === cells[0]?.offsetTop).length;
  return cells[key === 'ArrowUp' ? at - perRow : at + perRow] ?? null;
}

function onKey(event: KeyboardEvent): void {
  const next = neighbour(event.currentTarget as HTMLElement, event.key);
  if (next === null) return;
  event.preventDefault();
  next.focus();
}

function Cells({ workers }: { workers: WorkerStatus[] }) {
  const reachable = workers.some((worker) => idOf(worker) === current.value)
    ? current.value
    : idOf(workers[0]!);
  return (
    <div class="cells" role="group" aria-label="Workers. The arrow keys go from one to the next.">
      {workers.map((worker) => {
        const id = idOf(worker);
        const state = stateOf(worker);
        return (
          <button
            key={id}
            type="button"
            class={`cell ${state.name.toLowerCase()}`}
            tabIndex={id === reachable ? 0 : -1}
            aria-label={describe(worker)}
            onKeyDown={onKey}
            onFocus={() => {
              current.value = id;
              pointed.value = id;
            }}
            onBlur={() => {
              pointed.value = null;
            }}
            onMouseEnter={() => {
              pointed.value = id;
            }}
            onMouseLeave={() => {
              pointed.value = null;
            }}
          >
            <span aria-hidden="true">{state.letter}</span>
          </button>
        );
      })}
    </div>
  );
}

export function Pool({ now }: { now: LiveStatus }) {
  const workers = now.workers ?? [];
  const shown = workers.find((worker) => idOf(worker) === pointed.value);
  return (
    <section class="card" aria-labelledby="workers-title">
      <header>
        <h3 id="workers-title">Workers</h3>
        <span class="note">
          {count(workers.length)} of at most {count(integer(now.pool?.max_workers))}, oldest first
        </span>
      </header>
      {workers.length === 0 ? <p class="nothing">No worker yet</p> : <Cells workers={workers} />}
      <p class="detail" aria-hidden="true">
        {shown
          ? describe(shown)
          : workers.length > 0
            ? 'Point at a worker, or choose one, to read about it.'
            : ''}
      </p>
      <ul class="legend states">
        {STATES.map((state) => {
          const there = workers.filter((worker) => worker.state === state.name).length;
          return (
            <li key={state.name} class={there === 0 ? 'none' : ''}>
              <span class={`cell ${state.name.toLowerCase()}`} aria-hidden="true">
                {state.letter}
              </span>
              <span>
                {enumWords(state.name)} <b>{count(there)}</b> <span class="note">{state.meaning}</span>
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Check({ good, children }: { good: boolean; children: string }) {
  return (
    <li class={good ? 'good' : 'warn'}>
      <span class="sign" aria-hidden="true">
        {good ? '\u2713' : '!'}
      </span>
      <span>
        <span class="unseen">{good ? 'In force: ' : 'Missing: '}</span>
        {children}
      </span>
    </li>
  );
}

function rewindText(pool: PoolStatus): string {
  if (pool.rewind) return 'Workers are rewound after each request';
  return pool.rewind_off_reason
    ? `Rewinding is off: ${pool.rewind_off_reason}`
    : 'Every request gets a fork of its own';
}

export function Health({ now }: { now: LiveStatus }) {
  const pool = now.pool ?? {};
  const retired = Object.entries(pool.retired ?? {})
    .map(([reason, value]) => ({ reason, value: integer(value) }))
    .filter(({ value }) => value > 0);
  retired.sort((a, b) => b.value - a.value);
  const inForce = pool.sandbox_in_force ?? [];
  const missing = pool.sandbox_missing ?? [];
  const known = now.phase === 'ready' || now.phase === 'draining' || inForce.length + missing.length > 0;
  return (
    <section class="card" aria-labelledby="health-title">
      <header>
        <h3 id="health-title">Health</h3>
        <span class={`note ${missing.length > 0 ? 'warn' : ''}`}>
          {missing.length > 0
            ? `sandbox incomplete: ${count(missing.length)} missing`
            : inForce.length > 0
              ? 'sandbox complete'
              : ''}
        </span>
      </header>
      {known ? (
        <ul class="checks">
          <Check good={pool.rewind === true || !pool.rewind_off_reason}>{rewindText(pool)}</Check>
          {missing.map((part) => (
            <Check key={part} good={false}>
              {part}
            </Check>
          ))}
          {inForce.map((part) => (
            <Check key={part} good>
              {part}
            </Check>
          ))}
        </ul>
      ) : (
        <p class="nothing">Known when the first zygote is up</p>
      )}
      <dl class="facts">
        <div>
          <dt>Forks</dt>
          <dd>{count(integer(pool.forks))}</dd>
        </div>
        <div>
          <dt>Rewinds</dt>
          <dd>{count(integer(pool.rewinds))}</dd>
        </div>
        <div>
          <dt>Zygote restarts</dt>
          <dd>{count(integer(pool.zygote_restarts))}</dd>
        </div>
        <div>
          <dt>Daemon's memory</dt>
          <dd>{bytes(integer(now.daemon_bytes))}</dd>
        </div>
        {retired.map(({ reason, value }) => (
          <div key={reason}>
            <dt>Retired: {enumWords(reason)}</dt>
            <dd>{count(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
