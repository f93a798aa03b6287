// The connection over which evald tells how it stands, and what it told last.
import { computed, signal } from '@preact/signals';
import { AdminError, request } from './admin';
import { remember } from './history';
import { instant } from './messages';
import type { LiveStatus } from './messages';
import { serverEvents } from './server_events';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;
// evald tells something every second. A connection that is silent for longer than this is dead, whatever TCP
// believes.
const SILENCE_MS = 8_000;

export type Link =
  | { state: 'connecting' }
  | { state: 'live' }
  // `retryAt`: when it is tried again.
  | { state: 'lost'; why: string; retryAt: number }
  // A token is needed, and the user did not give it.
  | { state: 'locked' };

export const link = signal<Link>({ state: 'connecting' });
// What evald said last; null until then.
export const status = signal<LiveStatus | null>(null);
// By this machine's clock.
export const heardAt = signal(0);
export const gone = computed(() => link.value.state === 'lost' || link.value.state === 'locked');
// By evald's clock, which its times are to be compared with.
export const daemonNow = computed(() => instant(status.value?.time));

let wake: (() => void) | null = null;

export function tryNow(): void {
  wake?.();
}

function take(text: string): void {
  const next = JSON.parse(text) as LiveStatus;
  remember(next);
  status.value = next;
  heardAt.value = Date.now();
  if (link.value.state !== 'live') link.value = { state: 'live' };
}

// Returns why it ended.
async function listen(): Promise<string> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await request('/v1/events', {
      headers: { accept: 'text/event-stream' },
      signal: silence.signal,
    });
    if (response.body === null) return 'evald sent no events.';
    for await (const event of serverEvents(response.body)) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      take(event);
    }
    return 'evald closed the connection.';
  } catch (error) {
    if (silence.signal.aborted) return 'evald is silent.';
    if (error instanceof AdminError && error.status === 401) throw error;
    return error instanceof AdminError ? error.message : 'The connection to evald broke.';
  } finally {
    clearTimeout(timer);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = milliseconds === Number.POSITIVE_INFINITY ? undefined : setTimeout(resolve, milliseconds);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

// Connects, and connects again, as long as the page is open.
export async function stayConnected(): Promise<never> {
  let delay = FIRST_DELAY_MS;
  for (;;) {
    const before = heardAt.value;
    let wait = 0;
    try {
      const why = await listen();
      delay = heardAt.value > before ? FIRST_DELAY_MS : Math.min(delay * 2, LONGEST_DELAY_MS);
      // Pages that lost the same evald do not all come back at the same moment.
      wait = delay * (0.75 + Math.random() / 2);
      link.value = { state: 'lost', why, retryAt: Date.now() + wait };
    } catch {
      wait = Number.POSITIVE_INFINITY;
      link.value = { state: 'locked' };
    }
    await pause(wait);
  }
}
