/** Words read and written in typed arrays that were made while `countingMemory` ran. */
export class MemoryCount {
  accesses = 0;
}

type TypedArrayConstructor =
  | Int32ArrayConstructor
  | Uint32ArrayConstructor
  | Uint8ArrayConstructor
  | Float64ArrayConstructor;

const NAMES = ['Int32Array', 'Uint32Array', 'Uint8Array', 'Float64Array'] as const;

/**
 * What `make` returns, every typed array in it one that counts its accesses. The code under test makes its arrays
 * with the global constructors, and it is these that are others for as long as `make` runs.
 */
export function countingMemory<T>(count: MemoryCount, make: () => T): T {
  const globals: Record<string, unknown> = globalThis as unknown as Record<string, unknown>;
  const originals = NAMES.map((name) => globals[name]);
  try {
    for (const name of NAMES)
      globals[name] = countingConstructor(globals[name] as TypedArrayConstructor, count);
    return make();
  } finally {
    for (const [i, name] of NAMES.entries()) globals[name] = originals[i];
  }
}

function countingConstructor(original: TypedArrayConstructor, count: MemoryCount): TypedArrayConstructor {
  return new Proxy(original, {
    construct: (target, args) => countingArray(Reflect.construct(target, args), count),
    get: (target, name) =>
      name === 'from'
        ? (values: ArrayLike<number>) => countingArray(target.from(values), count)
        : Reflect.get(target, name),
  });
}

function countingArray<T extends object>(array: T, count: MemoryCount): T {
  return new Proxy(array, {
    get(target, name) {
      const value: unknown = target[name as keyof T];
      if (typeof value === 'number' && name !== 'length') count.accesses++;
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        const result: unknown = Reflect.apply(value, target, args);
        // `fill` and the like return the array itself.
        return result === target ? countingArray(target, count) : result;
      };
    },
    set(target, name, value) {
      count.accesses++;
      (target as Record<string | symbol, unknown>)[name] = value;
      return true;
    },
  });
}
