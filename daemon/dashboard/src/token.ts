// The admin token: asked for when evald wants it, kept as long as this tab is open.
import { signal } from '@preact/signals';

const KEY = 'evald.token';

export interface TokenQuestion {
  // The last one was refused.
  refused: boolean;
  // What evald says of it, such as where the token is.
  hint: string;
  answer(token: string | null): void;
}

// What the dialog shows; null while there is nothing to ask.
export const tokenQuestion = signal<TokenQuestion | null>(null);

let asking: Promise<string | null> | null = null;

export function token(): string | null {
  return sessionStorage.getItem(KEY);
}

// Several that ask at once are told the same answer. Null: the user would not say.
export function askForToken(refused: boolean, hint: string): Promise<string | null> {
  asking ??= new Promise<string | null>((resolve) => {
    tokenQuestion.value = {
      refused,
      hint,
      answer(given) {
        tokenQuestion.value = null;
        asking = null;
        if (given !== null) sessionStorage.setItem(KEY, given);
        resolve(given);
      },
    };
  });
  return asking;
}

// Takes the token out of an address like http://127.0.0.1:9080/#token=..., so that it is in no history and no
// screenshot.
export function takeTokenFromAddress(): void {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given === null) return;
  if (given !== '') sessionStorage.setItem(KEY, given);
  history.replaceState(null, '', location.pathname + location.search);
}
