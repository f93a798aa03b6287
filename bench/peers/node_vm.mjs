// Node's vm: a new context for each request. The bundle is compiled once and run in each.
import vm from 'node:vm';

import { bundle, drive } from './harness.mjs';

const prepared = bundle ? new vm.Script(bundle) : undefined;

await drive(async (script) => {
  const context = vm.createContext();
  prepared?.runInContext(context);
  return JSON.stringify(new vm.Script(script).runInContext(context));
});
