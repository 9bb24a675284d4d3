import type { DoorSpec } from '../door/door.ts';
import type { Diagnostic } from './diagnostic.ts';

/** Which interfaces are listened on. `auto`: those that hold a default route. */
export type InterfaceChoice =
  | { readonly kind: 'any' }
  | { readonly kind: 'auto' }
  | { readonly kind: 'named'; readonly names: readonly string[] };

export type Settings = {
  readonly useSyslog: boolean;
  readonly logFile?: string;
  readonly pidFile?: string;
  readonly interfaces?: InterfaceChoice;
};

export type Config = { readonly settings: Settings; readonly doors: readonly DoorSpec[] };

/** A whole configuration, or every mistake in it. Warnings come with either. */
export type ConfigResult =
  | { readonly kind: 'ok'; readonly config: Config; readonly warnings: readonly Diagnostic[] }
  | { readonly kind: 'bad'; readonly diagnostics: readonly Diagnostic[] };
