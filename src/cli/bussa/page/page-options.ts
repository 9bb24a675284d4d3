import type { OptionTable } from '../../arguments/option.ts';
import { UsageError } from '../../arguments/read-options.ts';

/** What `bussa knock` and `bussa init` know of pages. */
export const PAGE_OPTIONS = {
  page: {
    type: 'string',
    value: 'FILE',
    completes: 'file',
    summary: 'write a web page that knocks, for a phone or any browser',
    details:
      'One HTML file with mode 600 that loads nothing from elsewhere. Its button knocks, and then it goes to the service. It holds the knock, so whoever has the file can knock. A browser sends TCP alone: a sequence with UDP, or with a port that browsers refuse, is refused here, with the reason.',
  },
  link: {
    type: 'string',
    value: 'URL',
    summary: 'with `--page`: where the page goes after the knock',
    details:
      'The default depends on the port: `ssh:` for 22, `http:` or `https:` for 80, 443, 8080 and 8443, none for others.',
  },
} as const satisfies OptionTable;

export type PageWishes = { readonly file: string; readonly link?: string };

/** `undefined`: no page is asked for. Throws a `UsageError`. */
export function readPageWishes(values: ReadonlyMap<string, string>): PageWishes | undefined {
  const file = values.get('page');
  const link = values.get('link');
  if (file === undefined && link !== undefined) throw new UsageError('--link is for --page');
  return file === undefined ? undefined : { file, ...(link === undefined ? {} : { link }) };
}

/** `17___ 23___`, as the app shows it, or `17 23`. Throws a `UsageError`. */
export function parseRecipe(text: string): readonly [number, number] {
  const [, first = '', second = ''] = /^ *([1-9][0-9]?)_* +([1-9][0-9]?)_* *$/.exec(text) ?? [];
  const isGood = first !== '' && second !== first && Number(first) <= 64 && Number(second) <= 64;
  if (isGood) return [Number(first), Number(second)];
  throw new UsageError(
    `bad --recipe '${text}': write it as the app shows it above the code, such as '17___ 23___'`,
  );
}
