// A binary heap of timers, the one that is due first at its top: those due at the same time in the order in
// which they were started. Each knows its place, so that one can be taken out wherever it is.

const { setPrototypeOf } = Object;

// Without a prototype: no setter that a script puts on Array.prototype is called.
export const listOf = () => setPrototypeOf([], null);

export const firstOf = (list) => (list.length > 0 ? list[0] : undefined);

const before = (a, b) => a.due < b.due || (a.due === b.due && a.order < b.order);

function put(list, timer, place) {
  list[place] = timer;
  timer.place = place;
}

function rise(list, timer, from) {
  let place = from;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    if (!before(timer, list[parent])) break;
    put(list, list[parent], place);
    place = parent;
  }
  put(list, timer, place);
  return place;
}

function sink(list, timer, from) {
  let place = from;
  for (;;) {
    let child = 2 * place + 1;
    if (child >= list.length) break;
    if (child + 1 < list.length && before(list[child + 1], list[child])) child++;
    if (!before(list[child], timer)) break;
    put(list, list[child], place);
    place = child;
  }
  put(list, timer, place);
}

export function add(list, timer) {
  rise(list, timer, list.length);
}

export function remove(list, timer) {
  const { place } = timer;
  const last = list[list.length - 1];
  list.length--;
  timer.place = -1;
  if (last === timer) return;
  if (rise(list, last, place) === place) sink(list, last, place);
}
