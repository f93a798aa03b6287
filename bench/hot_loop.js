// A loop that only optimised code runs fast, each step depending on the one before; prints milliseconds, the least of several runs.
// The same file runs in evald and in Node.
(() => {
  let check = 0;
  const run = () => {
    const start = Date.now();
    let hash = 0;
    for (let i = 0; i < 3e7; i++) hash = Math.imul(hash ^ i, 16777619) + (hash >>> 7);
    check ^= hash;
    return Date.now() - start;
  };
  let least = Infinity;
  for (let i = 0; i < 5; i++) least = Math.min(least, run());
  return check === 0.5 ? -1 : least;
})();
