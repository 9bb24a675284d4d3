/** What was judged of one vector. `found`: what is not as expected, in words. */
export type Verdict = { readonly name: string; readonly found: readonly string[] };

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A list of the file; none where it has no such list. What is no vector stays in it: it is not as expected. */
export function listOf(file: unknown, name: string): readonly unknown[] {
  const list = isFields(file) ? file[name] : undefined;
  return Array.isArray(list) ? list : [];
}

/** Judges each of them. One that is damaged is not as expected, and keeps no other from being judged. */
export function judgeEach(
  what: string,
  list: readonly unknown[],
  judge: (fields: Fields, index: number) => Verdict,
): readonly Verdict[] {
  return list.map((one, index) => {
    const place = `${what} ${index + 1}`;
    if (!isFields(one)) return { name: place, found: ['it is no object'] };
    try {
      return judge(one, index);
    } catch (error) {
      const name = typeof one.name === 'string' ? one.name : place;
      return { name, found: [(error as Error).message] };
    }
  });
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
  return decoded(name, 'hexadecimal digits', () => Uint8Array.fromHex(text(fields, name)));
}

export function base64(fields: Fields, name: string): Uint8Array {
  return decoded(name, 'base64', () => Uint8Array.fromBase64(text(fields, name)));
}

function decoded(name: string, form: string, decode: () => Uint8Array): Uint8Array {
  try {
    return decode();
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(`${name} is not ${form}`);
    throw error;
  }
}

/** Says what differs. */
export function compare(name: string, found: Uint8Array | undefined, expected: Uint8Array): string[] {
  const is = found?.toHex();
  return is === expected.toHex() ? [] : [`${name} is ${is ?? 'nothing'}, not ${expected.toHex()}`];
}
