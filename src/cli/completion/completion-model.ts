import type { Completes, Operand, OptionTable } from '../arguments/option.ts';

/** What a shell needs to know about one program, or one verb of `bussa`. */
export type CompletedCommand = {
  readonly name: string;
  readonly summary: string;
  readonly options: OptionTable;
  readonly operands: readonly Operand[];
};

/** All that can be completed: the programs, and the verbs of `bussa`. */
export type CompletionModel = {
  readonly programs: readonly CompletedCommand[];
  readonly verbs: readonly CompletedCommand[];
};

/**
 * Shell commands that list a kind of thing. Doors are the sections of the configuration, profiles the hosts without
 * wildcards. They use sed, because pressing Tab must not wait for a program that starts slowly.
 */
export const LISTED_BY: Readonly<Record<'door' | 'profile' | 'interface', string>> = {
  door: "sed -n 's/^[[:space:]]*\\[\\([^]]*\\)\\].*/\\1/p' /etc/knockd.conf 2>/dev/null | grep -vix options",
  profile:
    "sed -n 's/^[[:space:]]*[Hh]ost[[:space:]=]*//p' ~/.config/bussa/hosts.conf 2>/dev/null | tr ' ' '\\n' | grep -v '[*?!]'",
  interface: 'ls /sys/class/net 2>/dev/null',
};

export const isWordList = (completes: Completes | undefined): completes is readonly string[] =>
  Array.isArray(completes);
