// The messages of proto/evald/v1 that the page reads and writes, as protobuf's JSON has them: field names as
// in the .proto files, 64-bit integers as text, durations as "0.000123s", enums by name. A field without a
// value may be absent.

export type Integer64 = string | number;
export type DurationText = string;
export type TimestampText = string;

export interface LiveStatus {
  time?: TimestampText;
  phase?: string;
  evald_version?: string;
  uptime?: DurationText;
  requests_per_second?: number;
  requests_per_second_window?: number;
  window?: DurationText;
  end_to_end?: LatencySummary;
  queue_time?: LatencySummary;
  cold_start?: LatencySummary;
  run_time?: LatencySummary;
  cold_start_histogram?: LatencyBucket[];
  outcomes?: Record<string, Integer64>;
  outcomes_window?: Record<string, Integer64>;
  pool?: PoolStatus;
  workers?: WorkerStatus[];
  recent?: RecentRequest[];
  snapshot?: Snapshot;
  stored?: Snapshot[];
  change?: SnapshotChange;
  daemon_bytes?: Integer64;
}

export interface LatencySummary {
  count?: Integer64;
  p50?: DurationText;
  p90?: DurationText;
  p99?: DurationText;
  max?: DurationText;
}

export interface LatencyBucket {
  at_most?: DurationText;
  count?: Integer64;
}

export interface PoolStatus {
  idle?: Integer64;
  busy?: Integer64;
  starting?: Integer64;
  queued?: Integer64;
  max_workers?: Integer64;
  forks?: Integer64;
  rewinds?: Integer64;
  zygote_restarts?: Integer64;
  retired?: Record<string, Integer64>;
  rewind?: boolean;
  rewind_off_reason?: string;
  sandbox_in_force?: string[];
  sandbox_missing?: string[];
}

export interface WorkerStatus {
  worker_id?: Integer64;
  state?: string;
  age?: DurationText;
  since?: DurationText;
  uses?: Integer64;
  generation?: Integer64;
  tenant?: string;
}

export interface RecentRequest {
  time?: TimestampText;
  request_id?: string;
  method?: string;
  tenant?: string;
  outcome?: string;
  message?: string;
  end_to_end?: DurationText;
  stats?: ExecutionStats;
}

export interface ExecutionStats {
  queue_time?: DurationText;
  cold_start?: DurationText;
  wall_time?: DurationText;
  cpu_time?: DurationText;
  heap_bytes?: Integer64;
  worker_id?: Integer64;
  snapshot_generation?: Integer64;
  isolate_origin?: string;
  worker_uses?: Integer64;
}

export interface Snapshot {
  generation?: Integer64;
  fingerprint?: string;
  blob_bytes?: Integer64;
  built_at?: TimestampText;
  build_time?: DurationText;
  v8_version?: string;
  extensions?: string[];
  modules?: string[];
  serving?: boolean;
  inputs?: SnapshotInput[];
  build_log?: string[];
  build_reason?: string;
}

export interface SnapshotInput {
  kind?: string;
  name?: string;
  sha256?: string;
}

export interface SnapshotProgress {
  began?: SnapshotStageReport;
  ended?: SnapshotStageReport;
  log?: string;
  outcome?: SnapshotOutcome;
}

export interface SnapshotStageReport {
  stage?: string;
  took?: DurationText;
  detail?: string;
}

export interface SnapshotOutcome {
  result?: string;
  generation?: Integer64;
  previous_generation?: Integer64;
  took?: DurationText;
  stages?: SnapshotStageReport[];
  failed_stage?: string;
  error?: string;
  reason?: string;
  warnings?: string[];
  started_at?: TimestampText;
  trigger?: string;
}

export interface SnapshotChange {
  under_way?: boolean;
  stages?: SnapshotStageReport[];
  stage?: string;
  outcome?: SnapshotOutcome;
  log?: string[];
}

export interface Limits {
  wall_time?: DurationText;
  cpu_time?: DurationText;
  heap_bytes?: Integer64;
}

export interface EvalRequest {
  source: string;
  source_kind?: string;
  globals?: Record<string, { json: string }>;
  tenant?: string;
  isolation?: string;
  limits?: Limits;
}

export interface EvalResponse {
  value?: { json?: string; bytes?: string; undefined?: object; structured?: unknown };
  exception?: ScriptException;
  console?: ConsoleMessage[];
  console_truncated?: boolean;
  stats?: ExecutionStats;
}

export interface ScriptException {
  name?: string;
  message?: string;
  stack?: string;
  resource_name?: string;
  line?: number;
  column?: number;
  source_line?: string;
}

export interface ConsoleMessage {
  level?: string;
  text?: string;
}

// The body of an answer that is no success.
export interface Failure {
  reason?: string;
  message?: string;
  limit?: Integer64;
  reached?: Integer64;
  stack?: string;
}

// "1.5s" in seconds; 0 for none.
export function seconds(duration: DurationText | undefined): number {
  return duration === undefined ? 0 : Number.parseFloat(duration) || 0;
}

// A count, which is exact up to 2^53.
export function integer(value: Integer64 | undefined): number {
  return Number(value ?? 0) || 0;
}

// Milliseconds since 1970; 0 for none.
export function instant(time: TimestampText | undefined): number {
  return time === undefined ? 0 : Date.parse(time) || 0;
}
