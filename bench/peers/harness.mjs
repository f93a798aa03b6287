// What every peer is driven by, in the peer's own process and runtime: requests in flight, each followed by
// the next, for a time. A request is a script text; its answer is the result as JSON text, from a unit of
// isolation that nothing has run in before.
//
//   --seconds N --in_flight N --bundle FILE    FILE is evaluated in each unit before the script; "" is none
//
// Prints one line of JSON: how many evals a second, and the percentiles of their latency in microseconds.
import { readFileSync } from 'node:fs';
import process from 'node:process';

const SCRIPT = '[1, 2, 3].map((x) => x * x)[2]';
const WITH_SET = 'new Headers({ a: new URL("http://host/9").pathname.slice(1) }).get("a") * 1';
const RESULT = '9';
// What is compiled and looked up for the first time is nobody's steady state.
const WARM_UP_SHARE = 0.25;

function readOptions() {
  const options = {};
  const words = process.argv.slice(2);
  for (let i = 0; i < words.length; i += 2) options[words[i].slice(2)] = words[i + 1];
  return { seconds: Number(options.seconds), inFlight: Number(options.in_flight), ...options };
}

export const options = readOptions();
export const bundle = options.bundle ? readFileSync(options.bundle, 'utf8') : '';

async function loop(evaluate, seconds) {
  const script = bundle ? WITH_SET : SCRIPT;
  const begin = performance.now();
  const end = begin + seconds * 1000;
  const micros = [];
  const client = async () => {
    for (let start = performance.now(); start < end;) {
      const result = await evaluate(script);
      if (result !== RESULT) throw new Error(`the result is ${result}`);
      const now = performance.now();
      micros.push((now - start) * 1000);
      start = now;
    }
  };
  await Promise.all(Array.from({ length: options.inFlight }, client));
  return { micros, perSecond: micros.length / ((performance.now() - begin) / 1000) };
}

// `evaluate(script)` promises the JSON of its result.
export async function drive(evaluate) {
  await loop(evaluate, options.seconds * WARM_UP_SHARE);
  const { micros, perSecond } = await loop(evaluate, options.seconds);
  micros.sort((a, b) => a - b);
  const quantile = (q) => micros[Math.min(micros.length - 1, Math.floor(q * micros.length))];
  console.log(JSON.stringify({ perSecond, p50: quantile(0.5), p99: quantile(0.99) }));
  process.exit(0);
}
