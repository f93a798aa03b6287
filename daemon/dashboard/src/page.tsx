// The page as a whole: its head, its banners, its parts.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { Announcer, announce } from './announce';
import { Dialogs } from './dialog';
import { clock, rate, span } from './format';
import { gone, heardAt, link, status, tryNow } from './live';
import { seconds } from './messages';
import type { LiveStatus } from './messages';
import { Playground } from './playground';
import { Health, Pool } from './pool';
import { Requests } from './requests';
import { Snapshots } from './snapshots';
import { nextTheme, theme } from './theme';
import { Outcomes, Plots, Tiles } from './traffic';

const PARTS = [
  ['traffic', 'Traffic'],
  ['pool', 'Pool'],
  ['snapshots', 'Snapshots'],
  ['playground', 'Playground'],
] as const;

const PHASES: Record<string, { text: string; tone: string }> = {
  booting: { text: 'Booting', tone: 'warn' },
  ready: { text: 'Ready', tone: 'good' },
  draining: { text: 'Draining', tone: 'warn' },
};

function phaseShown(): { text: string; tone: string } {
  if (link.value.state === 'lost') return { text: 'Gone', tone: 'bad' };
  if (link.value.state === 'locked') return { text: 'Locked', tone: 'bad' };
  if (status.value === null) return { text: 'Connecting', tone: '' };
  return PHASES[status.value.phase ?? ''] ?? { text: status.value.phase ?? 'Unknown', tone: '' };
}

function Phase() {
  const { text, tone } = phaseShown();
  return (
    <span class={`phase ${tone}`}>
      <span class="dot" aria-hidden="true" />
      {text}
    </span>
  );
}

function Head({ now }: { now: LiveStatus | null }) {
  return (
    <header class="head">
      <div class="brand">
        <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="7" fill="currentColor" />
          <path
            d="M8 11l6 5-6 5M16 22h8"
            fill="none"
            stroke="#fff"
            stroke-width="3"
            stroke-linecap="round"
            stroke-linejoin="round"
          />
        </svg>
        <h1>evald</h1>
        <Phase />
      </div>
      <p class="about note">
        {now?.evald_version && <span>Version {now.evald_version}</span>}
        {now?.snapshot?.generation && <span>Generation {now.snapshot.generation}</span>}
        {now?.uptime && <span>Up {span(seconds(now.uptime))}</span>}
      </p>
      <nav aria-label="Parts of this page">
        {PARTS.map(([id, title]) => (
          <a key={id} href={`#${id}`}>
            {title}
          </a>
        ))}
      </nav>
      <button
        type="button"
        class="small theme"
        onClick={nextTheme}
        aria-label={`Colours: ${theme.value}. Change.`}
      >
        <span aria-hidden="true">{{ system: '\u25d0', light: '\u2600', dark: '\u263e' }[theme.value]}</span>{' '}
        <span class="name">{theme.value}</span>
      </button>
    </header>
  );
}

// Seconds until a moment, counting down.
function useCountdown(until: number): number {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now();
    }, 500);
    return () => clearInterval(timer);
  }, [until]);
  return Math.max(0, Math.ceil((until - now.value) / 1000));
}

function Lost({ why, retryAt }: { why: string; retryAt: number }) {
  const left = useCountdown(retryAt);
  useEffect(() => announce(`${why} This page goes on trying.`), [why]);
  return (
    <div class="banner bad" id="lost">
      <p>
        <b>{why}</b>{' '}
        {heardAt.value > 0
          ? `What is shown is from ${clock(heardAt.value)}, ${span((Date.now() - heardAt.value) / 1000)} ago.`
          : 'It may not run, or not here.'}{' '}
        {left > 0 ? `Trying again in ${left} s.` : 'Trying again\u2026'}
      </p>
      <button type="button" class="small" onClick={tryNow}>
        Try now
      </button>
    </div>
  );
}

function Banner() {
  const now = link.value;
  if (now.state === 'lost') return <Lost why={now.why} retryAt={now.retryAt} />;
  if (now.state === 'locked') {
    return (
      <div class="banner bad">
        <p>
          <b>evald shows its figures only to those who know the admin token.</b>
        </p>
        <button type="button" class="small" onClick={tryNow}>
          Enter the token
        </button>
      </div>
    );
  }
  if (status.value?.phase === 'booting')
    return (
      <div class="banner">
        <p>
          <b>evald is booting.</b> It takes requests once a snapshot is there and the first workers are.
        </p>
      </div>
    );
  if (status.value?.phase === 'draining')
    return (
      <div class="banner warn">
        <p>
          <b>evald is shutting down.</b> Running requests finish; new ones are refused.
        </p>
      </div>
    );
  return null;
}

function Chapter({ id, title, children }: { id: string; title: string; children: ComponentChildren }) {
  return (
    <section class="chapter" id={id} aria-labelledby={`${id}-heading`} tabIndex={-1}>
      <h2 id={`${id}-heading`}>{title}</h2>
      {children}
    </section>
  );
}

export function Page() {
  const now = status.value;
  useEffect(() => {
    document.title = gone.value
      ? 'evald: gone'
      : now === null
        ? 'evald'
        : `evald: ${rate(now.requests_per_second ?? 0)} a second`;
  });
  const live: LiveStatus = now ?? {};
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <Head now={now} />
      <main id="content" tabIndex={-1} class={gone.value ? 'stale' : ''}>
        <Banner />
        <Chapter id="traffic" title="Traffic">
          <Tiles now={live} />
          <Plots />
          <div class="two">
            <Requests recent={live.recent ?? []} />
            <Outcomes now={live} />
          </div>
        </Chapter>
        <Chapter id="pool" title="Pool">
          <div class="two">
            <Pool now={live} />
            <Health now={live} />
          </div>
        </Chapter>
        <Chapter id="snapshots" title="Snapshots">
          <Snapshots now={live} />
        </Chapter>
        <Chapter id="playground" title="Playground">
          <Playground />
        </Chapter>
      </main>
      <Dialogs />
      <Announcer />
    </>
  );
}
