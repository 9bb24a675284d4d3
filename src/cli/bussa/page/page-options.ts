import type { OptionTable } from '../../arguments/option.ts';
import { UsageError } from '../../arguments/read-options.ts';

/** The page options of `bussa knock` and `bussa init`. */
export const PAGE_OPTIONS = {
  page: {
    type: 'string',
    value: 'FILE',
    completes: 'file',
    summary: 'write a web page that knocks, for a phone or any browser',
    details:
      'One HTML file with mode 600 that loads nothing from elsewhere. Its button knocks, and then it goes to the service. It contains the knock, so anybody who has the file can knock. A browser sends TCP alone: a sequence with UDP, or with a port that browsers refuse, is refused here, with the reason.',
  },
  link: {
    type: 'string',
    value: 'URL',
    summary: 'with `--page`: where the page goes after the knock',
    details:
      'The default depends on the port: `ssh:` for 22, `http:` or `https:` for 80, 443, 8080 and 8443, none for others.',
  },
} as const satisfies OptionTable;

export type PageArguments = { readonly file: string; readonly link?: string };

/** `undefined`: no page was requested. Throws a `UsageError`. */
export function readPageArguments(values: ReadonlyMap<string, string>): PageArguments | undefined {
  const file = values.get('page');
  const link = values.get('link');
  if (file === undefined && link !== undefined) throw new UsageError('--link is for --page');
  return file === undefined ? undefined : { file, ...(link === undefined ? {} : { link }) };
}

/** The page options of `bussa knock`, whose profile may have codes. */
export const PROFILE_PAGE_OPTIONS = {
  ...PAGE_OPTIONS,
  recipe: {
    type: 'string',
    value: 'NUMBERS',
    summary:
      'with `--page`: a page for codes; NUMBERS is what the app shows above them, such as `17___ 23___`',
    details:
      'The default is the `CodePorts` of the profile. The page asks for the code that the app shows, and holds no secret.',
  },
  'with-secret': {
    type: 'boolean',
    summary: 'with `--page`: the page computes the codes itself, from the secret in the `CodeFile`',
    details:
      'The page then contains the secret, and anybody who has the file can knock in your name. A browser computes codes only in a page that comes from a file or over https.',
  },
} as const satisfies OptionTable;

export type ProfilePage = PageArguments & {
  readonly recipe?: readonly [number, number];
  readonly withSecret: boolean;
};

/** Options that affect knocking only, and so make no sense with a page. */
const KNOCKING = ['then', 'no-wait', 'code'];

/** `undefined`: no page was requested. Throws a `UsageError`. */
export function readProfilePage(values: ReadonlyMap<string, string>): ProfilePage | undefined {
  const wishes = readPageArguments(values);
  const recipe = values.get('recipe');
  const withSecret = values.has('with-secret');
  if (wishes === undefined) {
    if (recipe !== undefined || withSecret)
      throw new UsageError(`--${withSecret ? 'with-secret' : 'recipe'} is for --page`);
    return undefined;
  }
  const other = KNOCKING.find((name) => values.has(name));
  if (other !== undefined)
    throw new UsageError(`--page only writes a page: it cannot be combined with --${other}`);
  return { ...wishes, ...(recipe === undefined ? {} : { recipe: parseRecipe(recipe) }), withSecret };
}

/** `17___ 23___`, as the app shows it, or `17 23`. Throws a `UsageError`. */
function parseRecipe(text: string): readonly [number, number] {
  const [, first = '', second = ''] = /^ *([1-9][0-9]?)_* +([1-9][0-9]?)_* *$/.exec(text) ?? [];
  const isGood = first !== '' && second !== first && Number(first) <= 64 && Number(second) <= 64;
  if (isGood) return [Number(first), Number(second)];
  throw new UsageError(
    `bad --recipe '${text}': write it as the app shows it above the code, such as '17___ 23___'`,
  );
}
