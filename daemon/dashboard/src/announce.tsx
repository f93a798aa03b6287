// News for those who do not see the page change: said by a screen reader when it has time.
import { signal } from '@preact/signals';

const news = signal('');

export function announce(text: string): void {
  news.value = text;
}

export function Announcer() {
  return (
    <div class="unseen" role="status" aria-live="polite">
      {news}
    </div>
  );
}
