// The load generator (//bench:load) as a function, and what came of a load.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { build } from 'hdr-histogram-js';

import { program } from './programs.mjs';

// As in bench/calls.h.
const FIELDS = ['dueSeconds', 'latencyMicros', 'code', 'coldStartMicros', 'isolateOrigin'];
const RECORD_BYTES = FIELDS.length * 8;
export const RESOURCE_EXHAUSTED = 8;
export const DEADLINE_EXCEEDED = 4;

function histogram(micros) {
  const made = build({ numberOfSignificantValueDigits: 3, highestTrackableValue: 120e9, bitBucketSize: 32 });
  for (const value of micros) made.recordValue(Math.max(1, Math.round(value * 1000)));
  return made;
}

// Of a load, or of a part of one.
export class Outcome {
  constructor(records) {
    this.records = records;
  }
  get count() {
    return this.records.length;
  }
  filter(predicate) {
    return new Outcome(this.records.filter(predicate));
  }
  get answered() {
    return this.filter((record) => record.code === 0);
  }
  get failed() {
    return this.filter((record) => record.code !== 0);
  }
  // Microseconds.
  latency(percentile, field = 'latencyMicros') {
    if (this.count === 0) return Number.NaN;
    const cached = (this.histograms ??= {});
    cached[field] ??= histogram(this.records.map((record) => record[field]));
    return cached[field].getValueAtPercentile(percentile) / 1000;
  }
  coldStart(percentile) {
    return this.answered.latency(percentile, 'coldStartMicros');
  }
  // [percentile, microseconds], from the HDR histogram.
  distribution() {
    return [0, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9].map((percentile) => [
      percentile,
      this.latency(percentile),
    ]);
  }
  // Calls a second that were answered while so many seconds passed since the load's begin.
  perSecondWithin(seconds) {
    const { count } = this.answered.filter(
      (record) => record.dueSeconds + record.latencyMicros / 1e6 <= seconds,
    );
    return count / seconds;
  }
  // Calls that were answered, from the load's begin to its last call's end.
  get perSecond() {
    const end = Math.max(
      ...this.records.map(({ dueSeconds, latencyMicros }) => dueSeconds + latencyMicros / 1e6),
    );
    return this.answered.count / end;
  }
}

function parse(bytes) {
  const numbers = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const records = new Array(bytes.length / RECORD_BYTES);
  for (let i = 0; i < records.length; ++i) {
    const record = {};
    FIELDS.forEach((field, at) => (record[field] = numbers[i * FIELDS.length + at]));
    records[i] = record;
  }
  return records;
}

// Options are those of //bench:load. In an open loop calls go over few connections, in a closed one each that
// is in flight has one, up to 16. `cpus`: those that the generator may run on, as taskset has it.
export async function load(address, options, { cpus = '' } = {}) {
  const connections = options.rate ? 4 : Math.min(16, options.in_flight ?? 1);
  const words = Object.entries({ connections, ...options }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ]);
  const [file, ...before] = [...(cpus ? ['taskset', '-c', cpus] : []), program('bench/load')];
  const child = spawn(file, [...before, address, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const parts = [];
  child.stdout.on('data', (part) => parts.push(part));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`bench/load ${address} ${words.join(' ')} ended with status ${code}`);
  return new Outcome(parse(Buffer.concat(parts)));
}

// As load(), for loads none of whose calls may fail.
export async function cleanLoad(address, options, where = {}) {
  const outcome = await load(address, options, where);
  const { failed } = outcome;
  if (failed.count > 0) {
    const codes = [...new Set(failed.records.map((record) => record.code))].join(', ');
    throw new Error(
      `${failed.count} of ${outcome.count} calls failed, with codes ${codes}: ${JSON.stringify(options)}`,
    );
  }
  return outcome;
}
