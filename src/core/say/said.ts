/** A value in a sentence. A nested `Said` is a part that has words of its own. */
export type SaidValue = string | number | Said;

/**
 * A sentence by its kind, so that each reader can have it in their own language. `text`: in English, with details that the
 * templates lack.
 */
export type Said = {
  readonly code: string;
  readonly values: Readonly<Record<string, SaidValue>>;
  readonly text?: string;
};

/**
 * Render the forms of values: `{at:time}`, `{took:s}` (milliseconds as seconds), `{n:nth}` (an ordinal number), `{by:span}`
 * (milliseconds in words).
 */
export type SaidForms = Readonly<Record<'time' | 's' | 'nth' | 'span', (value: number) => string>>;

export type SaidTemplates = Readonly<Record<string, string>>;

/** `undefined`: the templates lack it, as with a sentence of a newer version. `isEnglish`: `text` is better than a template. */
export function renderSaid(
  said: Said,
  templates: SaidTemplates,
  forms: SaidForms,
  isEnglish = false,
): string | undefined {
  const { code, values, text } = said;
  if (isEnglish && text !== undefined) return text;
  const template = Object.hasOwn(templates, code) ? templates[code] : undefined;
  return template?.replaceAll(
    /\{(\w+)(?::(time|s|nth|span))?\}/g,
    (_, name: string, form?: keyof SaidForms) => {
      const value = Object.hasOwn(values, name) ? (values[name] ?? '') : '';
      if (typeof value === 'object')
        return renderSaid(value, templates, forms, isEnglish) ?? value.text ?? '';
      return form !== undefined && typeof value === 'number' ? forms[form](value) : String(value);
    },
  );
}

/** With one decimal if it matters. */
export const inSeconds = (ms: number): string => String(Math.round(ms / 100) / 10);
