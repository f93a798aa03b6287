// About a second of making garbage, some of which lives for a while: what V8's threads help with. Gives milliseconds.
(() => {
  const begin = Date.now();
  const kept = new Map();
  let check = 0;
  for (let i = 0; i < 1.2e7; i++) {
    const record = { id: i, name: `record ${i % 1000}`, tags: [i, i + 1], next: { previous: i - 1 } };
    if (i % 16 === 0) kept.set(i % 60000, record);
    check += record.tags.length + record.name.length;
  }
  return check === 0 || kept.size === 0 ? -1 : Date.now() - begin;
})();
