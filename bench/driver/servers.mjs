// The servers under load: evald with a configuration, and the bare echo. Each is a child of the driver and
// ends with it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { output, program } from './programs.mjs';

const children = new Set();
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));

function start(file, words, log, prefix = []) {
  const [command, ...rest] = [...prefix, file, ...words];
  const child = spawn(command, rest, { stdio: ['ignore', 'ignore', openSync(log, 'a')] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}

// All processes below `pid`, itself included.
export function processTree(pid) {
  const tree = [pid];
  for (let i = 0; i < tree.length; ++i) {
    try {
      for (const task of readdirSync(`/proc/${tree[i]}/task`)) {
        const children = readFileSync(`/proc/${tree[i]}/task/${task}/children`, 'utf8').trim();
        if (children !== '') tree.push(...children.split(' ').map(Number));
      }
    } catch {
      // It has ended.
    }
  }
  return tree;
}

// KiB, by smaps_rollup's names: Rss, Pss, Private_Dirty...
export function memoryOf(pid) {
  const fields = {};
  try {
    for (const line of readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').split('\n')) {
      const [, name, kib] = /^(\w+):\s+(\d+) kB/.exec(line) ?? [];
      if (name) fields[name] = Number(kib);
    }
  } catch {
    // It has ended.
  }
  return fields;
}

let servers = 0;

// `config` is an EvaldConfig as text. `cpus`: those that it and its workers may run on, as taskset has it.
export async function startEvald(folder, { config = '', cpus = '', data = undefined } = {}) {
  const home = join(folder, `evald-${++servers}`);
  mkdirSync(home);
  const file = join(home, 'config.textproto');
  const log = join(home, 'log');
  writeFileSync(file, config);
  const address = `unix:${join(home, 'socket')}`;
  const dataFolder = data ?? join(home, 'data');
  const words = ['--listen', address, '--admin', `unix:${join(home, 'admin')}`, '--config', file];
  words.push('--data_dir', dataFolder, '--zygote', program('runtime/evald-zygote'));
  words.push('--snapshot_tool', program('snapshot/evald-snapshot'));
  const child = start(program('daemon/evald'), words, log, cpus ? ['taskset', '-c', cpus] : []);
  const env = { ...process.env, EVALD_TOKEN_FILE: join(dataFolder, 'admin-token') };
  const evalctl = (...rest) =>
    output(program('client/evalctl'), [...rest, '--server', address, '--timeout', '60s'], { env });
  const readLog = () => readFileSync(log, 'utf8');

  for (const patience = Date.now() + 90_000; ; await sleep(20)) {
    if (child.exitCode !== null || Date.now() > patience)
      throw new Error(`evald did not start:\n${readLog()}`);
    if (
      await evalctl('status').then(
        () => true,
        () => false,
      )
    )
      break;
  }
  return { address, pid: child.pid, dataFolder, evalctl, readLog, stop: () => stop(child) };
}

export async function startEcho(folder, { cpus = '' } = {}) {
  const address = `unix:${join(folder, `echo-${++servers}`)}`;
  const prefix = cpus ? ['taskset', '-c', cpus] : [];
  const child = start(program('bench/echo_server'), [address], join(folder, 'echo.log'), prefix);
  await sleep(200);
  return { address, stop: () => stop(child) };
}
