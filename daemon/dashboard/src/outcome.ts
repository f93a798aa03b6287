// How to look upon the ways in which a request can end.
export type Tone = 'good' | 'warn' | 'bad';

// The callers' own affair. What is left hit a limit, or is a fault.
const CALLERS = new Set([
  'EXCEPTION',
  'CANCELLED',
  'INVALID_REQUEST',
  'FUNCTION_NOT_FOUND',
  'MODULE_NOT_FOUND',
]);

export function toneOf(outcome: string): Tone {
  if (outcome === 'OK') return 'good';
  return CALLERS.has(outcome) ? 'warn' : 'bad';
}
