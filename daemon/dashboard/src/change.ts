// A regeneration or a rollback: one that this page asked for, and what evald tells of the one under way or
// the last one.
import { computed, signal } from '@preact/signals';
import { AdminError, postJson, request } from './admin';
import { announce } from './announce';
import { duration, enumWords } from './format';
import { status } from './live';
import { instant, seconds } from './messages';
import type { SnapshotChange, SnapshotOutcome, SnapshotProgress } from './messages';
import { serverEvents } from './server_events';

export const STAGES = [
  { name: 'SNAPSHOT_STAGE_CONFIG', label: 'Read the configuration' },
  { name: 'SNAPSHOT_STAGE_BUILD', label: 'Build or load the snapshot' },
  { name: 'SNAPSHOT_STAGE_BOOT', label: 'Boot a zygote' },
  { name: 'SNAPSHOT_STAGE_CANARY', label: 'Run the canaries' },
  { name: 'SNAPSHOT_STAGE_FILL', label: 'Fill the pool' },
  { name: 'SNAPSHOT_STAGE_SWAP', label: 'Swap' },
  { name: 'SNAPSHOT_STAGE_DRAIN', label: 'Drain the old one' },
];

const LOG_LINES = 200;

export function stageLabel(name: string | undefined): string {
  return STAGES.find((stage) => stage.name === name)?.label ?? enumWords(name, 'SNAPSHOT_STAGE_');
}

// What this page was told over the connection on which it asked.
const own = signal<SnapshotChange | null>(null);
// evald would not even begin, or the connection broke.
export const refusal = signal<AdminError | null>(null);
// This page asked for a change, and hears of it.
export const asking = signal(false);

const startedAt = (change: SnapshotChange | null | undefined) => instant(change?.outcome?.started_at);

// The newest there is to tell: what this page hears first hand, unless another change came after it.
export const shownChange = computed<SnapshotChange | null>(() => {
  const told = status.value?.change ?? null;
  if (own.value === null || (!asking.value && told?.under_way)) return told;
  if (!asking.value && startedAt(told) > startedAt(own.value)) return told;
  return own.value;
});

export const changing = computed(() => asking.value || shownChange.value?.under_way === true);

export function sayOutcome(outcome: SnapshotOutcome): string {
  const took = outcome.took ? ` after ${duration(seconds(outcome.took))}` : '';
  switch (outcome.result) {
    case 'UNCHANGED':
      return 'Nothing had changed, so nothing was done.';
    case 'APPLIED':
      return `The same snapshot serves; changed settings are in force${took}.`;
    case 'SWAPPED':
      return `Generation ${outcome.generation ?? '?'} serves${took}.`;
    case 'SUPERSEDED':
      return 'A rollback took over.';
    default:
      return `Failed at \u201c${stageLabel(outcome.failed_stage) || 'the beginning'}\u201d${took}. Generation ${outcome.generation ?? '?'} serves on.`;
  }
}

// What comes of `change` by one piece of news.
function advance(change: SnapshotChange, progress: SnapshotProgress): SnapshotChange {
  if (progress.began) return { ...change, stage: progress.began.stage ?? '' };
  if (progress.ended) return { ...change, stage: '', stages: [...(change.stages ?? []), progress.ended] };
  if (progress.log !== undefined) {
    return { ...change, log: [...(change.log ?? []), progress.log].slice(-LOG_LINES) };
  }
  if (progress.outcome) return { ...change, under_way: false, stage: '', outcome: progress.outcome };
  return change;
}

function sayProgress({ began, ended, outcome }: SnapshotProgress): void {
  if (began) announce(`${stageLabel(began.stage)}: begun`);
  if (ended) announce(`${stageLabel(ended.stage)}: done in ${duration(seconds(ended.took))}`);
  if (outcome) announce(sayOutcome(outcome));
}

// Counts what this page asked for. A rollback may be asked for while a regeneration is under way, which it takes over
// from: only the latest is shown.
let latest = 0;

async function follow(path: string, body: unknown, mine: number): Promise<void> {
  const response = await request(path, postJson(body, { headers: { accept: 'text/event-stream' } }));
  let change: SnapshotChange = { under_way: true };
  own.value = change;
  if (response.body === null) return;
  for await (const event of serverEvents(response.body)) {
    if (mine !== latest) return;
    const progress = JSON.parse(event) as SnapshotProgress;
    sayProgress(progress);
    change = advance(change, progress);
    own.value = change;
  }
  if (change.under_way) {
    throw new AdminError(0, {
      message: 'The connection ended before the change did, which goes on without it.',
    });
  }
}

async function ask(path: string, body: unknown): Promise<void> {
  latest += 1;
  const mine = latest;
  asking.value = true;
  refusal.value = null;
  try {
    await follow(path, body, mine);
  } catch (error) {
    if (mine !== latest) return;
    own.value = null;
    refusal.value =
      error instanceof AdminError
        ? error
        : new AdminError(0, { message: 'The connection to evald broke; the change goes on without it.' });
    announce(refusal.value.message);
  } finally {
    if (mine === latest) asking.value = false;
  }
}

export const regenerate = (force: boolean) => ask('/v1/snapshots:regenerate', { force });
export const rollBack = (generation: string) => ask('/v1/snapshots:rollback', { generation });
