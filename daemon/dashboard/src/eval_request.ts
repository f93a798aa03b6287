// What the playground's fields come to: the request that evald gets, and the command that sends the same.
import type { EvalRequest, Limits } from './messages';

export interface Fields {
  source: string;
  kind: 'SOURCE_KIND_SCRIPT' | 'SOURCE_KIND_MODULE';
  isolation: 'ISOLATION_PRISTINE' | 'ISOLATION_REUSED';
  tenant: string;
  // Empty: evald's default.
  wallMs: string;
  cpuMs: string;
  heapMib: string;
  // A JSON object, or nothing.
  globals: string;
}

// A field that cannot be sent, by its name.
export class FieldError extends Error {
  readonly field: keyof Fields;

  constructor(field: keyof Fields, message: string) {
    super(message);
    this.field = field;
  }
}

function positive(field: 'wallMs' | 'cpuMs' | 'heapMib', text: string): number | null {
  if (text.trim() === '') return null;
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new FieldError(field, 'This has to be a number above 0, or empty.');
  return value;
}

// Protobuf's JSON takes no exponent.
function durationOf(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(9).replace(/\.?0+$/, '')}s`;
}

function limitsOf(fields: Fields): Limits | null {
  const wall = positive('wallMs', fields.wallMs);
  const cpu = positive('cpuMs', fields.cpuMs);
  const heap = positive('heapMib', fields.heapMib);
  if (wall === null && cpu === null && heap === null) return null;
  return {
    ...(wall === null ? {} : { wall_time: durationOf(wall) }),
    ...(cpu === null ? {} : { cpu_time: durationOf(cpu) }),
    ...(heap === null ? {} : { heap_bytes: String(Math.round(heap * 1024 * 1024)) }),
  };
}

function globalsOf(text: string): Record<string, { json: string }> | null {
  if (text.trim() === '') return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new FieldError('globals', `This is not JSON: ${(error as Error).message}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new FieldError('globals', 'This has to be a JSON object: {"name": value}.');
  }
  return Object.fromEntries(
    Object.entries(parsed).map(([name, value]) => [name, { json: JSON.stringify(value) }]),
  );
}

// Throws FieldError.
export function requestOf(fields: Fields): EvalRequest {
  const limits = limitsOf(fields);
  const globals = globalsOf(fields.globals);
  return {
    source: fields.source,
    source_kind: fields.kind,
    isolation: fields.isolation,
    ...(fields.tenant === '' ? {} : { tenant: fields.tenant }),
    ...(limits === null ? {} : { limits }),
    ...(globals === null ? {} : { globals }),
  };
}

// One word of a shell's command line, whatever is in it.
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

export function curlCommand(request: EvalRequest, origin: string, withToken: boolean): string {
  return [
    `curl -sS ${shellWord(`${origin}/v1/eval`)}`,
    ...(withToken ? ['-H "Authorization: Bearer $EVALD_TOKEN"'] : []),
    "-H 'Content-Type: application/json'",
    `-d ${shellWord(JSON.stringify(request))}`,
  ].join(' \\\n  ');
}
