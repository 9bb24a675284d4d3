import type { OptionTable } from './option.ts';
import type { Verb } from './verb.ts';

export const HELP_OPTION: OptionTable = {
  help: { type: 'boolean', short: 'h', summary: 'print this help' },
};

export const JSON_OPTION: OptionTable = {
  json: { type: 'boolean', summary: 'print the answer as one JSON value' },
};

/** The verb's own options, and those that all verbs share. */
export function optionsOf(verb: Verb): OptionTable {
  return { ...verb.options, ...(verb.streams === true ? {} : JSON_OPTION), ...HELP_OPTION };
}
