import type { DirectiveInfo } from './declared.ts';
import { FLEET_DIRECTIVES } from './fleet-directives.ts';
import { FLEET_DOOR_DIRECTIVES } from './fleet-door-directives.ts';
import { Grammar } from './grammar.ts';
import { GUARD_DIRECTIVES } from './guard-directives.ts';
import { LOG_DIRECTIVES } from './log-directives.ts';
import { OPENING_DIRECTIVES } from './opening-directives.ts';
import { PROOF_DIRECTIVES } from './proof-directives.ts';
import { SECTION_DIRECTIVES } from './section-directives.ts';
import { SIGNED_DIRECTIVES } from './signed-directives.ts';
import { SPA_DIRECTIVES } from './spa-directives.ts';

/** In the order of the manual. A new directive is an entry in one of these tables. */
const TABLE = [
  ...LOG_DIRECTIVES,
  ...GUARD_DIRECTIVES,
  ...SIGNED_DIRECTIVES,
  ...SPA_DIRECTIVES,
  ...PROOF_DIRECTIVES,
  ...FLEET_DOOR_DIRECTIVES,
  ...OPENING_DIRECTIVES,
  ...SECTION_DIRECTIVES,
  ...FLEET_DIRECTIVES,
] as const;

/** A directive under the first of its spellings. The manual page knockd(1) describes those of knockd. */
export type DirectiveName = (typeof TABLE)[number]['name'];

export const DIRECTIVES: readonly DirectiveInfo<DirectiveName>[] = TABLE;

export const CONFIG_GRAMMAR = new Grammar(DIRECTIVES, { section: 'door', example: '[openSSH]' });

/** The known spelling most similar to an unknown word, if any is similar. */
export const nearestDirective = (word: string): string | undefined => CONFIG_GRAMMAR.nearest(word);
