import { HELP_OPTION, JSON_OPTION, optionsOf } from '../arguments/common-options.ts';
import type { Verb } from '../arguments/verb.ts';
import { VERBS } from '../bussa/bussa-options.ts';
import { SELECTOR_OPTIONS } from '../daemon-verbs/daemon-selector.ts';
import { OPTIONS as KNOCK } from '../knock/knock-options.ts';
import { OPTIONS as KNOCKD } from '../knockd/knockd-options.ts';
import {
  renderDirectives,
  renderFleetTable,
  renderNewDirectives,
  renderOptionsTable,
} from './render-directives.ts';
import { renderOptionList, renderSynopsis, renderVerb } from './render-mdoc.ts';

const verbSynopsis = VERBS.map(
  (verb) => `.Nm bussa\n.Cm ${verb.name}\n${renderSynopsis(verb.options, verb.operands)}`,
).join('');

/** `.Cm up , connect` and `.Cm completion`, for the end of a sentence. */
function listVerbs(verbs: readonly Verb[]): string {
  const [last = '', ...others] = verbs.map(({ name }) => name).toReversed();
  return `.Cm ${others.toReversed().join(' , ')}\nand\n.Cm ${last} .\n`;
}

/**
 * Generated parts: between `.\" begin NAME` and `.\" end NAME` in the pages of docs/man, and between `<!-- begin NAME
 * -->` and `<!-- end NAME -->` in docs/configuration.md.
 */
export const MANUAL_REGIONS: Readonly<Record<string, string>> = {
  'knockd options': renderOptionList(KNOCKD),
  'knock options': renderOptionList(KNOCK),
  'bussa synopsis': verbSynopsis,
  'bussa verbs': VERBS.map((verb) => renderVerb(verb, SELECTOR_OPTIONS)).join(''),
  'bussa common': renderOptionList({ ...JSON_OPTION, ...HELP_OPTION }),
  'bussa without json': listVerbs(VERBS.filter((verb) => !Object.hasOwn(optionsOf(verb), 'json'))),
  'bussa choice': renderOptionList(SELECTOR_OPTIONS),
  'directives options': renderDirectives('options'),
  'directives proofs': renderDirectives('proofs'),
  'directives ports': renderDirectives('ports'),
  'directives commands': renderDirectives('commands'),
  'directives hooks': renderDirectives('hooks'),
  'directives fleet': renderDirectives('fleet'),
  'new directives': renderNewDirectives(),
  'options table': renderOptionsTable(),
  'fleet table': renderFleetTable(),
};

/** Replaces each generated region of a page. Unknown regions stay as they are. */
export function fillRegions(page: string): string {
  return page.replaceAll(
    /^((?:\.\\"|<!--) begin (.+?)(?: -->)?\n)([\s\S]*?)((?:\.\\"|<!--) end \2(?: -->)?\n)/gm,
    (whole, begin: string, name: string, _old: string, end: string) =>
      Object.hasOwn(MANUAL_REGIONS, name) ? `${begin}${MANUAL_REGIONS[name]}${end}` : whole,
  );
}
