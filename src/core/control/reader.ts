/** An unexpected value: `is` says what was expected, `path` where it is. */
export class WrongValue {
  readonly path: string;
  readonly is: string;

  constructor(is: string, path = '') {
    this.is = is;
    this.path = path;
  }

  /** The same, one level further out. */
  in(step: string): WrongValue {
    const dot = this.path === '' || this.path.startsWith('[') ? '' : '.';
    return new WrongValue(this.is, `${step}${dot}${this.path}`);
  }
}

/** Reads a JSON value of any form. Never throws. */
export type Reader<T> = {
  readonly read: (value: unknown) => T | WrongValue;
  /** What the value must be, in words: `a text`. */
  readonly is: string;
  /** Converts the value to JSON, if the JSON form differs. */
  readonly write?: (value: T) => unknown;
};

/** For an optional field. */
export type OptionalReader<T> = Reader<T> & { readonly optional: true };

type OptionalKey<T> = { [K in keyof T]-?: object extends Pick<T, K> ? K : never }[keyof T];

/** A reader for each field of `T`, in the order of the JSON. */
export type Fields<T> = {
  readonly [K in keyof T]-?: K extends OptionalKey<T>
    ? OptionalReader<Exclude<T[K], undefined>>
    : Reader<T[K]>;
};

export const optional = <T>(reader: Reader<T>): OptionalReader<T> => ({ ...reader, optional: true });

/** An object with these fields. Others are ignored: a later version of the same protocol may have added them. */
export function record<T extends object>(fields: Fields<T>): Reader<T> {
  const readers: readonly (readonly [string, Reader<unknown> & { readonly optional?: true }])[] =
    Object.entries(fields);
  const is = 'an object';
  return {
    is,
    read: (value) => {
      if (!isObject(value)) return new WrongValue(is);
      const values: Record<string, unknown> = {};
      for (const [name, { read, is: wanted, optional: mayLack }] of readers) {
        if (!Object.hasOwn(value, name)) {
          if (mayLack) continue;
          return new WrongValue(wanted, name);
        }
        const field = read(value[name]);
        if (field instanceof WrongValue) return field.in(name);
        values[name] = field;
      }
      return values as T;
    },
  };
}

/** The result of the first reader that succeeds. */
export function either<A, B>(one: Reader<A>, other: Reader<B>): Reader<A | B> {
  return {
    is: one.is,
    read: (value) => {
      const first = one.read(value);
      if (!(first instanceof WrongValue)) return first;
      const second = other.read(value);
      return second instanceof WrongValue ? first : second;
    },
  };
}

export function list<T>({ read }: Reader<T>): Reader<readonly T[]> {
  const is = 'a list';
  return {
    is,
    read: (value) => {
      if (!Array.isArray(value)) return new WrongValue(is);
      const all: T[] = [];
      for (const [at, one] of value.entries()) {
        const element = read(one);
        if (element instanceof WrongValue) return element.in(`[${at}]`);
        all.push(element);
      }
      return all;
    },
  };
}

/** One of these words. */
export function word<const W extends string>(...words: readonly W[]): Reader<W> {
  const is = `one of ${words.join(', ')}`;
  return { is, read: (value) => words.find((each) => each === value) ?? new WrongValue(is) };
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
