// Makes the compiler's paths hot before the first fork, with some of everything that TypeScript has.
import('transpiler').then(({ transpile }) => {
  const source = `
interface Item<T extends object = {}> { readonly id: number; name?: string; of: T }
enum Kind { A = 1, B = A << 1, C = 'c' as any }
export namespace Shop {
  export const tax: number = 1.2;
  export function total(items: Item<{}>[]): number { return items.length * tax; }
}
export abstract class Base<T> implements Iterable<T> {
  static #made = 0;
  constructor(protected readonly all: T[], private n = 0) { Base.#made++; }
  *[Symbol.iterator](): Iterator<T> { yield* this.all; }
  async at(i: number): Promise<T | undefined> { return this.all[i]!; }
}
export default function f<const T>(a: T, ...rest: unknown[]): asserts a is T {
  try { if (!a) throw new TypeError(\`no \${String(a)}\` as string); } catch { for (const r of rest) Shop.total(r as any); }
}
const x = <T,>(a: T): T => a satisfies T;
type Keys = { [K in keyof Item]?: Item[K] };
`;
  for (let i = 0; i < 20; ++i) transpile([{ name: 'warmup.ts', source }]);
});
