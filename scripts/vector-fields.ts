/** What was judged of one vector. `found`: what is not as expected, in words. */
export type Verdict = { readonly name: string; readonly found: readonly string[] };

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The vectors of a file that has them. */
export function vectorsOf(file: unknown): readonly Fields[] {
  const vectors = isFields(file) ? file.vectors : undefined;
  return Array.isArray(vectors) ? vectors.filter(isFields) : [];
}

export function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new Error(`${name} is no text`);
  return value;
}

export function number(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number') throw new Error(`${name} is no number`);
  return value;
}

export function hex(fields: Fields, name: string): Uint8Array {
  return Uint8Array.fromHex(text(fields, name));
}

export function base64(fields: Fields, name: string): Uint8Array {
  return Uint8Array.fromBase64(text(fields, name));
}

/** Says what differs. */
export function compare(name: string, found: Uint8Array | undefined, expected: Uint8Array): string[] {
  const is = found?.toHex();
  return is === expected.toHex() ? [] : [`${name} is ${is ?? 'nothing'}, not ${expected.toHex()}`];
}
