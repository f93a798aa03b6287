// Loads a worker that was never there before for each script that is POSTed, and answers with what it answers.
import bundle from 'bundle';

const own = 'const { Response } = globalThis; export { Response };';
let loaded = 0;

export default {
  async fetch(request, env) {
    const script = await request.text();
    // The bundle makes a Response of its own; only workerd's own can be answered with.
    const main = `import { Response } from './own.js';
${bundle ? "import './bundle.js';" : ''}
export default { fetch() { return new Response(JSON.stringify(${script})); } };`;
    const worker = env.LOADER.get(`unit-${++loaded}`, async () => ({
      compatibilityDate: '2025-09-01',
      mainModule: 'main.js',
      modules: { 'main.js': main, 'own.js': own, ...(bundle ? { 'bundle.js': bundle } : {}) },
      globalOutbound: null,
    }));
    return worker.getEntrypoint().fetch('http://unit/');
  },
};
