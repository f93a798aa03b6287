// About a second of computing that only optimised code does fast: a sieve, matrices, a hash. Gives milliseconds.
(() => {
  const begin = Date.now();
  let check = 0;
  for (let round = 0; round < 9; round++) {
    const sieve = new Uint8Array(1e6);
    for (let i = 2; i < sieve.length; i++) {
      if (sieve[i] === 0) for (let j = i + i; j < sieve.length; j += i) sieve[j] = 1;
    }
    const size = 160;
    const a = Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => (i * j) % 7));
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        let sum = 0;
        for (let k = 0; k < size; k++) sum += a[i][k] * a[k][j];
        check += sum;
      }
    }
    let hash = 0;
    for (let i = 0; i < 1.2e7; i++) hash = Math.imul(hash ^ i, 16777619) + (hash >>> 7);
    check ^= hash;
  }
  return check === 0.5 ? -1 : Date.now() - begin;
})();
