// MessageChannel: the order in which messages, microtasks and timers come, what they carry, ports that move.
const { setTimeout } = globalThis;
const later = (millis) => new Promise((done) => setTimeout(done, millis));

accept('in Node, a MessageEvent takes anything for no options, and has the tag of Event', 3, (name) =>
  /^MessageEvent( 5| "x")?$/.test(name),
);

check('MessageEvent', () => {
  const event = new MessageEvent('m', { data: { a: 1 }, origin: 'o', lastEventId: 5 });
  return [
    event.type,
    event.data,
    event.origin,
    event.lastEventId,
    event.source,
    event.ports,
    event instanceof Event,
    String(event),
  ];
});
check('MessageEvent of nothing else', () => {
  const { data, origin, lastEventId, source, ports } = new MessageEvent('m');
  return [data, origin, lastEventId, source, ports];
});
for (const options of [5, 'x', { ports: 5 }, { ports: [5] }, { source: 5 }, { ports: null }])
  check(`MessageEvent ${show(options)}`, () =>
    attempt(() => new MessageEvent('m', options).ports).slice(0, 16),
  );
check('tags', () => {
  const channel = new MessageChannel();
  const tags = [channel.port1, channel.port2].map((port) => [
    port instanceof MessagePort,
    port instanceof EventTarget,
    port.onmessage,
  ]);
  channel.port1.close();
  return tags;
});
check('new MessagePort', () => attempt(() => new MessagePort()).slice(0, 16));
check('MessageChannel without new', () => attempt(() => MessageChannel()).slice(0, 16));

// A script of steps for two channels, the same on both sides; what is heard of each is the case. Between channels,
// Node has an order of its own: it empties one after the other.
const parts = [
  () => random.below(100),
  () => [1, { a: new Map([[1, 2]]) }],
  () => new Uint8Array(random.bytes(2)),
  () => 'text',
];
for (let i = 0; i < 500; ++i) {
  const steps = Array.from({ length: 2 + random.below(8) }, () => [
    random.pick([
      'post',
      'post',
      'post',
      'micro',
      'start',
      'listen',
      'transfer',
      'buffer',
      'bad',
      'close',
      'inside',
    ]),
    random.below(2),
    random.pick(parts)(),
  ]);
  await check(`${i} ${show(steps)}`, async () => {
    const logs = [[], []];
    const channels = [new MessageChannel(), new MessageChannel()];
    const made = channels.flatMap(({ port1, port2 }) => [port1, port2]);
    const hear = (name, log) => (event) => {
      log.push([name, event.data, event.ports.length]);
      Promise.resolve().then(() => log.push(`micro after ${name}`));
      for (const port of event.ports) {
        made.push(port);
        port.onmessage = hear(`${name} moved`, log);
      }
    };
    channels[0].port2.onmessage = hear('message', logs[0]);
    for (const [step, which, value] of steps) {
      const { port1, port2 } = channels[which],
        log = logs[which];
      try {
        if (step === 'post') port1.postMessage(value);
        if (step === 'micro')
          Promise.resolve().then(() => port1.postMessage(['from a microtask', value]));
        if (step === 'start') port2.start();
        if (step === 'listen') port2.onmessage = hear('message', log);
        if (step === 'transfer') {
          const { port1: kept, port2: moved } = new MessageChannel();
          made.push(kept);
          kept.postMessage('before');
          port1.postMessage({ moved: 'port' }, [moved]);
          kept.postMessage('after');
        }
        if (step === 'buffer') {
          const { buffer } = Uint8Array.of(1, 2, 3);
          port1.postMessage(buffer, { transfer: [buffer] });
          log.push(buffer.byteLength);
        }
        if (step === 'bad') port1.postMessage(() => {});
        if (step === 'close') port1.close();
        // In Node, to listen is to start.
        if (step === 'inside') port2.start();
        if (step === 'inside')
          port2.addEventListener('message', () => log.push('second listener'), { once: true });
      } catch (error) {
        log.push([error.name, error.code]);
      }
    }
    for (const log of logs) log.push('sync');
    // Until several turns of the loop brought nothing new.
    for (let quiet = 0, seen = 0; quiet < 4; ++quiet) {
      await later(1);
      const now = logs[0].length + logs[1].length;
      if (now !== seen) quiet = 0;
      seen = now;
    }
    for (const port of made) port.close();
    return logs;
  });
}
