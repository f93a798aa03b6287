// A web worker for each request, in Deno and in Bun. Deno's has no permissions but to read the environment,
// which undici does; Bun's has the small heap that it offers for workers.
import { bundle, drive } from './harness.mjs';

const program = `${bundle}
self.onmessage = ({ data }) => self.postMessage(JSON.stringify((0, eval)(data)));`;
const url = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }));

await drive(
  (script) =>
    new Promise((resolve, reject) => {
      const worker = new Worker(url, { type: 'module', deno: { permissions: { env: true } }, smol: true });
      worker.onmessage = ({ data }) => {
        worker.terminate();
        resolve(data);
      };
      worker.onerror = reject;
      worker.postMessage(script);
    }),
);
