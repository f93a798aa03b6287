// Timers, tasks and queueMicrotask: what the event loop (runtime/event_loop.h) runs, in the order in which it
// became ready. What is here lasts as long as a request: the hook timers.reset forgets it.
//
// For other extensions:
//   queueTask(callback, ...args)           a task of its own, with all microtasks after it, as soon as what was
//                                          ready before it has run
//   startTimer(callback, delay, ...args)   the same after `delay` milliseconds; gives the id of a timer
//   stopTimer(id)                          of a timer that is gone: does nothing
//   reportException(error)                 as if a task had thrown it

import {
  timers_microtask as enqueueMicrotask,
  timers_now as now,
  timers_report as reportException,
} from 'evald:ops';
import { setHook } from 'evald:hooks';
import { add, firstOf, listOf, remove } from './heap.js';
const { apply } = Reflect;
const { defineProperty } = Object;
const uncurry = Function.prototype.bind.bind(Function.prototype.call);
const mapGet = uncurry(Map.prototype.get);
const mapSet = uncurry(Map.prototype.set);
const mapDelete = uncurry(Map.prototype.delete);
const MapOf = Map;
const numberOf = Number;
const { trunc } = Math;

// Longer ones are 1 ms, as in Node.
const LONGEST = 2 ** 31 - 1;

let timers, byId, lastId, lastOrder;
// A list of tasks, each with the next one.
let firstTask, lastTask, tasks;

function reset() {
  const left = timers === undefined ? 0 : timers.length + tasks;
  timers = listOf();
  byId = new MapOf();
  lastId = lastOrder = tasks = 0;
  firstTask = lastTask = undefined;
  return left;
}
reset();

function millis(delay) {
  const wanted = delay * 1;
  return wanted >= 1 && wanted <= LONGEST ? trunc(wanted) : 1;
}

function start(callback, delay, repeats, args) {
  if (typeof callback !== 'function')
    throw new TypeError('The "callback" argument must be of type function');
  const wait = millis(delay);
  const id = ++lastId;
  const timer = { id, callback, args, wait, repeats, due: now() + wait, order: ++lastOrder, place: -1 };
  mapSet(byId, id, timer);
  add(timers, timer);
  return id;
}

function clear(id) {
  const key = typeof id === 'string' ? numberOf(id) : id;
  const timer = mapGet(byId, key);
  if (timer === undefined) return;
  mapDelete(byId, key);
  if (timer.place >= 0) remove(timers, timer);
}

function fire(timer) {
  remove(timers, timer);
  if (!timer.repeats) {
    mapDelete(byId, timer.id);
    apply(timer.callback, globalThis, timer.args);
    return;
  }
  try {
    apply(timer.callback, globalThis, timer.args);
  } finally {
    if (mapGet(byId, timer.id) === timer) {
      timer.due = now() + timer.wait;
      timer.order = ++lastOrder;
      add(timers, timer);
    }
  }
}

// Runs what became ready first. A timer did when it was due, a task when it was queued.
function turn(time) {
  const timer = firstOf(timers);
  if (firstTask !== undefined && !(timer?.due <= firstTask.since)) {
    const { callback, args } = firstTask;
    firstTask = firstTask.next;
    if (firstTask === undefined) lastTask = undefined;
    tasks--;
    apply(callback, undefined, args);
    return 0;
  }
  if (timer === undefined) return -1;
  if (timer.due > time) return timer.due - time;
  fire(timer);
  return 0;
}

function next() {
  const timer = firstOf(timers);
  return timer === undefined ? undefined : [timers.length, timer.callback, timer.due];
}

setHook('timers.turn', turn);
setHook('timers.reset', reset);
setHook('timers.next', next);

export function queueTask(callback, ...args) {
  const task = { callback, args, since: now(), next: undefined };
  if (lastTask === undefined) firstTask = task;
  else lastTask.next = task;
  lastTask = task;
  tasks++;
}

export const startTimer = (callback, delay, ...args) => start(callback, delay, false, args);
export { clear as stopTimer, reportException };

const functions = {
  setTimeout(callback, delay = 0, ...args) {
    return start(callback, delay, false, args);
  },
  clearTimeout(id = 0) {
    clear(id);
  },
  setInterval(callback, delay = 0, ...args) {
    return start(callback, delay, true, args);
  },
  clearInterval(id = 0) {
    clear(id);
  },
  queueMicrotask(callback) {
    if (typeof callback !== 'function')
      throw new TypeError('The "callback" argument must be of type function');
    enqueueMicrotask(() => {
      try {
        callback();
      } catch (error) {
        reportException(error);
      }
    });
  },
};

for (const name of ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'queueMicrotask']) {
  defineProperty(globalThis, name, {
    value: functions[name],
    writable: true,
    enumerable: true,
    configurable: true,
  });
}
