// isolated-vm, by --variant:
//   isolate    a new isolate and context for each request; the bundle is compiled from V8's code cache
//   snapshot   a new isolate from a snapshot that holds the bundle
//   context    a new context for each request, in an isolate (from that snapshot) that is kept: as many
//              isolates as there are requests in flight
// The asynchronous calls, which run on the package's own threads, as its manual advises for servers.
import ivm from 'isolated-vm';

import { bundle, drive, options } from './harness.mjs';

const memoryLimit = 64;

// The bundle makes globals, so what it comes to is of no use.
async function run(context, script) {
  return JSON.stringify(await context.eval(script, { copy: true }));
}

function cachedBundle() {
  const isolate = new ivm.Isolate({ memoryLimit });
  const script = isolate.compileScriptSync(bundle, { produceCachedData: true });
  return script.cachedData;
}

async function freshIsolate(script, isolateOptions, cachedData) {
  const isolate = new ivm.Isolate({ memoryLimit, ...isolateOptions });
  const context = await isolate.createContext();
  if (cachedData) await (await isolate.compileScript(bundle, { cachedData })).run(context);
  const result = await run(context, script);
  isolate.dispose();
  return result;
}

async function freshContext(isolates, script) {
  const isolate = isolates.pop();
  const context = await isolate.createContext();
  const result = await run(context, script);
  context.release();
  isolates.push(isolate);
  return result;
}

const snapshot = () => ivm.Isolate.createSnapshot([{ code: bundle }]);
const variants = {
  isolate() {
    const cachedData = bundle ? cachedBundle() : undefined;
    return (script) => freshIsolate(script, {}, cachedData);
  },
  snapshot() {
    const made = snapshot();
    return (script) => freshIsolate(script, { snapshot: made });
  },
  context() {
    const made = snapshot();
    const isolates = Array.from(
      { length: options.inFlight },
      () => new ivm.Isolate({ memoryLimit, snapshot: made }),
    );
    return (script) => freshContext(isolates, script);
  },
};

await drive(variants[options.variant]());
