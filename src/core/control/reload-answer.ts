import { type Diagnostic, type Place, WARNING_IDS } from '../text/diagnostic.ts';
import { list, optional, record, word } from './reader.ts';
import { NUMBER, TEXT } from './value-readers.ts';

/** The changes of a reload: names of doors, of settings as in `Settings`, and of users and members that are new, gone or different. */
export type ConfigChanges = {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  readonly settings: readonly string[];
  readonly users?: readonly string[];
  /** Members of the fleet. */
  readonly members?: readonly string[];
};

/**
 * The result of a reload. `diagnostics`: mistakes and warnings; `left`: number of further ones; `reasons`: other
 * objections. `changes` names the first ones.
 */
export type Reloaded = {
  readonly outcome: 'done' | 'refused';
  readonly mistakes: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly left: number;
  readonly reasons: readonly string[];
  readonly changes?: ConfigChanges;
};

export type ReloadAnswer = { readonly reload: Reloaded };

const DIAGNOSTIC = record<Diagnostic>({
  severity: word('error', 'warning'),
  id: optional(word(...WARNING_IDS)),
  place: record<Place>({ file: TEXT, line: NUMBER, column: NUMBER }),
  message: TEXT,
});

export const RELOAD_ANSWER = record<ReloadAnswer>({
  reload: record<Reloaded>({
    outcome: word('done', 'refused'),
    mistakes: NUMBER,
    diagnostics: list(DIAGNOSTIC),
    left: NUMBER,
    reasons: list(TEXT),
    changes: optional(
      record<ConfigChanges>({
        added: list(TEXT),
        removed: list(TEXT),
        changed: list(TEXT),
        settings: list(TEXT),
        users: optional(list(TEXT)),
        members: optional(list(TEXT)),
      }),
    ),
  }),
});
