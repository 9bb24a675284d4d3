import { compileRuleset } from '../../core/compile/compile-ruleset.ts';
import { printable } from '../../core/event/printable.ts';
import { renderDiagnostic } from '../../core/text/diagnostic.ts';
import { createFile } from '../../host/files/create-file.ts';
import { loadConfig } from './load-config.ts';

/** `messages` go to standard error. */
export type CompileResult =
  | { readonly kind: 'ok'; readonly text: string; readonly messages: readonly string[] }
  | { readonly kind: 'failed'; readonly messages: readonly string[] }
  | { readonly kind: 'bad'; readonly isDenied: boolean; readonly messages: readonly string[] };

/** Compiles the doors of a configuration to a ruleset. If `path` is given, writes it to that new file. */
export function compileFile(
  configFile: string,
  setSize: number | undefined,
  path: string | undefined,
): CompileResult {
  const loaded = loadConfig(configFile);
  if (loaded.kind === 'bad') {
    const messages = loaded.diagnostics.map(renderDiagnostic);
    return { kind: 'bad', isDenied: loaded.isDenied === true, messages };
  }
  const { text, unsupported } = compileRuleset(loaded.config, setSize);
  const notes = unsupported.map(
    ({ door, what }) =>
      `${printable(configFile)}: ${door === undefined ? '' : `[${printable(door)}] `}${what}`,
  );
  if (text === undefined) {
    const nothing = `bussa: ${printable(configFile)} has no door that a ruleset can have; it needs a sequence and open`;
    return { kind: 'failed', messages: [...notes, nothing] };
  }
  if (path !== undefined) {
    try {
      createFile(path, new TextEncoder().encode(text));
    } catch (error) {
      return { kind: 'failed', messages: [...notes, `bussa: ${whyNot(path, error)}`] };
    }
  }
  return { kind: 'ok', text, messages: notes };
}

function whyNot(path: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST')
    return `${printable(path)} already exists and was not changed: remove it, or name another file`;
  return `cannot write ${printable(path)}: ${message}: name a file in a directory of yours`;
}
