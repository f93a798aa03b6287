// The snapshot's life: the generations that the store keeps, and the way from one to the next.
import { signal } from '@preact/signals';
import {
  asking,
  changing,
  refusal,
  regenerate,
  rollBack,
  sayOutcome,
  shownChange,
  stageLabel,
  STAGES,
} from './change';
import { confirm } from './dialog';
import { ago, bytes, count, dateAndClock, duration, enumWords } from './format';
import { daemonNow } from './live';
import { instant, integer, seconds } from './messages';
import type { LiveStatus, Snapshot, SnapshotChange, SnapshotInput } from './messages';

const force = signal(false);

type StageState = 'done' | 'running' | 'failed' | 'waiting' | 'skipped';
const STAGE_SIGNS: Record<StageState, string> = {
  done: '\u2713',
  running: '',
  failed: '\u2715',
  waiting: '',
  skipped: '\u2013',
};

function stageState(change: SnapshotChange, name: string): StageState {
  const ended = change.outcome?.stages ?? change.stages ?? [];
  if (change.outcome?.result === 'FAILED' && change.outcome.failed_stage === name) return 'failed';
  if (ended.some((stage) => stage.stage === name)) return 'done';
  if (change.under_way && change.stage === name) return 'running';
  if (change.under_way) return 'waiting';
  return 'skipped';
}

function Stages({ change }: { change: SnapshotChange }) {
  const ended = change.outcome?.stages ?? change.stages ?? [];
  return (
    <ol class="stages">
      {STAGES.map(({ name, label }) => {
        const state = stageState(change, name);
        const report = ended.find((stage) => stage.stage === name);
        return (
          <li key={name} class={state}>
            <span class="sign" aria-hidden="true">
              {STAGE_SIGNS[state]}
            </span>
            <span class="label">
              {label}
              <span class="unseen">: {state}</span>
            </span>
            <span class="took">{report?.took ? duration(seconds(report.took)) : ''}</span>
            {report?.detail && <span class="note">{report.detail}</span>}
          </li>
        );
      })}
    </ol>
  );
}

function toneOf(change: SnapshotChange): string {
  if (change.under_way || !change.outcome) return '';
  return change.outcome.result === 'FAILED'
    ? 'bad'
    : change.outcome.result === 'SUPERSEDED'
      ? 'warn'
      : 'good';
}

function Change({ change }: { change: SnapshotChange }) {
  const outcome = change.outcome;
  const log = change.log ?? [];
  return (
    <div class={`change ${toneOf(change)}`}>
      <header>
        <h4>
          {change.under_way
            ? `${stageLabel(change.stage) || 'A change'}\u2026`
            : outcome
              ? sayOutcome(outcome)
              : ''}
        </h4>
        <span class="note">
          {outcome?.trigger}
          {outcome?.started_at ? `, ${ago(instant(outcome.started_at), daemonNow.value)}` : ''}
        </span>
      </header>
      {outcome?.error && (
        <pre class="failure" tabIndex={0} aria-label="What went wrong">
          {outcome.error}
        </pre>
      )}
      {(outcome?.warnings ?? []).map((warning) => (
        <p key={warning} class="warning">
          {warning}
        </p>
      ))}
      {(change.under_way || (outcome?.stages ?? []).length > 0 || stageLabel(outcome?.failed_stage)) && (
        <Stages change={change} />
      )}
      {log.length > 0 && (
        <details open={change.under_way === true}>
          <summary>
            Builder's output, {count(log.length)} {log.length === 1 ? 'line' : 'lines'}
          </summary>
          <pre class="text log" tabIndex={0}>
            {log.join('\n')}
          </pre>
        </details>
      )}
    </div>
  );
}

const KIND_NAMES: Record<string, string> = {
  EXTENSION: 'extension',
  MODULE: 'module',
  WARMUP: 'warm-up',
  CANARY: 'canary',
};
const keyOf = (input: SnapshotInput) => `${input.kind} ${input.name}`;
const nameOf = (input: SnapshotInput) => `${KIND_NAMES[input.kind ?? ''] ?? 'input'} ${input.name}`;

// What is different in `newer`: "extension pricing changed".
function differences(newer: Snapshot, older: Snapshot): string[] {
  const before = new Map((older.inputs ?? []).map((input) => [keyOf(input), input]));
  const after = new Map((newer.inputs ?? []).map((input) => [keyOf(input), input]));
  const found: string[] = [];
  for (const [key, input] of after) {
    const old = before.get(key);
    if (!old) found.push(`${nameOf(input)} added`);
    else if (old.sha256 !== input.sha256) found.push(`${nameOf(input)} changed`);
  }
  for (const [key, input] of before) {
    if (!after.has(key)) found.push(`${nameOf(input)} removed`);
  }
  return found;
}

async function askToRollBack(generation: string): Promise<void> {
  const yes = await confirm(
    `Roll back to generation ${generation}?`,
    'It is booted, proved with its canaries and swapped in while requests go on. It stays after a restart, until the ' +
      'configuration\u2019s files change or a regeneration is asked for.',
    'Roll back',
  );
  if (yes) await rollBack(generation);
}

function Inputs({ inputs }: { inputs: SnapshotInput[] }) {
  return (
    <ul class="inputs">
      {inputs.map((input) => (
        <li key={keyOf(input)}>
          <span class="note">{KIND_NAMES[input.kind ?? ''] ?? ''}</span> {input.name}{' '}
          <code title={input.sha256}>{(input.sha256 ?? '').slice(0, 12)}</code>
        </li>
      ))}
    </ul>
  );
}

interface GenerationProps {
  snapshot: Snapshot;
  older: Snapshot | undefined;
  // The largest that is kept, which sizes are drawn against.
  largest: number;
}

function Generation({ snapshot, older, largest }: GenerationProps) {
  const generation = String(snapshot.generation ?? 0);
  const size = integer(snapshot.blob_bytes);
  const log = snapshot.build_log ?? [];
  const inputs = snapshot.inputs ?? [];
  const changed = older ? differences(snapshot, older) : [];
  return (
    <li class={snapshot.serving ? 'generation serving' : 'generation'}>
      <span class="node" aria-hidden="true" />
      <header>
        <h4>
          Generation {generation}
          {snapshot.serving && <span class="pill good">serving</span>}
        </h4>
        <span class="note" title={dateAndClock(instant(snapshot.built_at))}>
          {ago(instant(snapshot.built_at), daemonNow.value)}
        </span>
        {!snapshot.serving && (
          <button
            type="button"
            class="small"
            aria-label={`Roll back to generation ${generation}`}
            onClick={() => askToRollBack(generation)}
          >
            Roll back to this one
          </button>
        )}
      </header>
      {snapshot.build_reason && <p class="reason">{snapshot.build_reason}</p>}
      <dl class="facts">
        <div class="size">
          <dt>Size</dt>
          <dd>
            {bytes(size)}{' '}
            <span class="gauge" aria-hidden="true">
              <span style={{ width: `${largest === 0 ? 0 : (100 * size) / largest}%` }} />
            </span>
          </dd>
        </div>
        <div>
          <dt>Build time</dt>
          <dd>{duration(seconds(snapshot.build_time))}</dd>
        </div>
        <div>
          <dt>V8</dt>
          <dd>{snapshot.v8_version}</dd>
        </div>
        <div>
          <dt>Fingerprint</dt>
          <dd>
            <code title={snapshot.fingerprint}>{(snapshot.fingerprint ?? '').slice(0, 12)}</code>
          </dd>
        </div>
      </dl>
      <ul class="chips" aria-label="Extensions and modules">
        {(snapshot.extensions ?? []).map((name) => (
          <li key={`e ${name}`}>{name}</li>
        ))}
        {(snapshot.modules ?? []).map((name) => (
          <li key={`m ${name}`} class="module">
            <span class="note">module</span> {name}
          </li>
        ))}
      </ul>
      {changed.length > 0 && (
        <p class="note">
          Against generation {String(older?.generation)}: {changed.join(', ')}
        </p>
      )}
      {(inputs.length > 0 || log.length > 0) && (
        <details>
          <summary>
            Built from {count(inputs.length)} {inputs.length === 1 ? 'input' : 'inputs'}
            {log.length > 0 ? `, log of ${count(log.length)} ${log.length === 1 ? 'line' : 'lines'}` : ''}
          </summary>
          <Inputs inputs={inputs} />
          {log.length > 0 && (
            <pre class="text log" tabIndex={0}>
              {log.join('\n')}
            </pre>
          )}
        </details>
      )}
    </li>
  );
}

export function Snapshots({ now }: { now: LiveStatus }) {
  const stored = now.stored ?? (now.snapshot ? [now.snapshot] : []);
  const largest = Math.max(0, ...stored.map((snapshot) => integer(snapshot.blob_bytes)));
  const change = shownChange.value;
  return (
    <div class="snapshots">
      <section class="card" aria-labelledby="change-title">
        <header>
          <h3 id="change-title">Regenerate</h3>
        </header>
        <p class="note">
          Reads the configuration and its files again, builds a snapshot, proves it, and swaps it in while
          requests go on. Whatever fails, what serves now serves on.
        </p>
        <div class="actions start">
          <button
            type="button"
            class="primary"
            aria-disabled={changing.value}
            onClick={() => changing.value || regenerate(force.value)}
          >
            {asking.value ? 'Under way\u2026' : 'Regenerate'}
          </button>
          <label class="check">
            <input
              type="checkbox"
              checked={force.value}
              onChange={(event) => {
                force.value = event.currentTarget.checked;
              }}
            />{' '}
            even if nothing changed
          </label>
        </div>
        {refusal.value && (
          <div class="change bad" role="alert">
            <h4>{enumWords(refusal.value.failure.reason) || 'It was not done'}</h4>
            <pre class="failure">{refusal.value.message}</pre>
          </div>
        )}
        {change && <Change change={change} />}
      </section>
      <section class="card" aria-labelledby="generations-title">
        <header>
          <h3 id="generations-title">Generations</h3>
          <span class="note">{count(stored.length)} kept, newest first</span>
        </header>
        {stored.length === 0 && <p class="nothing">evald has no snapshot yet</p>}
        <ol class="timeline">
          {stored.map((snapshot, index) => (
            <Generation
              key={String(snapshot.generation)}
              snapshot={snapshot}
              older={stored[index + 1]}
              largest={largest}
            />
          ))}
        </ol>
      </section>
    </div>
  );
}
