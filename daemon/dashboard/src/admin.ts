// Requests to the admin endpoint that this page came from.
import type { Failure } from './messages';
import { askForToken, token } from './token';

// An answer that is no success, or none at all.
export class AdminError extends Error {
  // 0: there was no answer.
  readonly status: number;
  readonly failure: Failure;

  constructor(status: number, failure: Failure) {
    super(failure.message || `evald answered with HTTP ${status}`);
    this.status = status;
    this.failure = failure;
  }
}

async function failureOf(response: Response): Promise<AdminError> {
  const text = await response.text().catch(() => '');
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null)
      return new AdminError(response.status, parsed as Failure);
  } catch {
    // Not JSON: the text is all there is.
  }
  return new AdminError(response.status, { message: text.trim() });
}

async function send(path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  const known = token();
  if (known !== null) headers.set('authorization', `Bearer ${known}`);
  try {
    return await fetch(path, { ...init, headers, cache: 'no-store', credentials: 'omit', redirect: 'error' });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new AdminError(0, { message: 'evald does not answer.' });
  }
}

// An answer whose status says success. Asks for the token if evald wants one, and again if it was the wrong
// one. Throws AdminError, or what `init.signal` throws.
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  for (;;) {
    const used = token();
    const response = await send(path, init);
    if (response.ok) return response;
    const error = await failureOf(response);
    if (response.status !== 401) throw error;
    // Somebody else may have asked meanwhile.
    if (token() === used && (await askForToken(used !== null, error.message)) === null) throw error;
  }
}

export function postJson(body: unknown, more: RequestInit = {}): RequestInit {
  return {
    method: 'POST',
    ...more,
    headers: { 'content-type': 'application/json', ...(more.headers as Record<string, string> | undefined) },
    body: JSON.stringify(body),
  };
}
