export type Json = { readonly [key: string]: unknown };

export function record(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The only name of an object like `{ "accept": null }`, and its value. */
export function single(value: unknown): readonly [name: string, value: unknown] {
  const [entry] = Object.entries(record(value) ?? {});
  return entry ?? ['', undefined];
}
