import type { Unusable } from '../../../app/users/authority-texts.ts';
import type { ReloadNotice } from '../../../app/users/reload-users.ts';
import { acceptsProof, userProofs } from '../../../core/door/door.ts';
import { printable } from '../../../core/event/printable.ts';
import { renderDiagnostic } from '../../../core/text/diagnostic.ts';
import { quoteWord } from '../../../core/text/quote-word.ts';
import { EXIT, type ExitStatus } from '../../../host/self/exit-status.ts';
import type { Json, Output } from '../../arguments/verb.ts';

/** Prints why nothing was changed. Returns the exit status. */
export function printFailure(
  reason: Unusable | { readonly kind: 'refused'; readonly message: string },
  output: Output,
): ExitStatus {
  if (reason.kind === 'mistakes') {
    for (const diagnostic of reason.diagnostics) output.error(renderDiagnostic(diagnostic));
    return EXIT.config;
  }
  output.error(`bussa: ${printable(reason.message)}`);
  return reason.kind === 'denied' ? EXIT.permission : EXIT.failed;
}

export const noticeJson = (told: ReloadNotice): { readonly [name: string]: Json } => ({
  inForce: told.kind === 'in-force' || told.kind === 'shut-out',
  daemon: told.kind,
  ...('reasons' in told ? { reasons: told.reasons } : {}),
});

/** `still`: what remains the case until the daemon has loaded the change. */
export function noticeLines(told: ReloadNotice, still: string): readonly string[] {
  switch (told.kind) {
    case 'in-force':
      return [];
    case 'no-daemon':
      return ['No daemon runs: this is in force when one starts.'];
    case 'shut-out':
      return [
        'The daemon has done this much, and cannot read its files again:',
        ...told.reasons.map((reason) => `  ${printable(reason)}`),
        'Correct that, and run `bussa reload`.',
      ];
    case 'refused':
      return [
        `The daemon has not taken it, and ${still}:`,
        ...told.reasons.map((reason) => `  ${printable(reason)}`),
        'When that is corrected, run `bussa reload`.',
      ];
  }
}

/**
 * Doors that accept users' proofs but can also be opened by anyone who knows their sequence. Undefined if a file has a
 * mistake.
 */
export async function doorsWithSequence(configFile: string): Promise<readonly string[] | undefined> {
  // Loaded here: help works without native code, and so does doctor on a host with a damaged koffi.
  const { readAuthority } = await import('../../../app/users/authority-texts.ts');
  const texts = readAuthority(configFile);
  if (texts.kind !== 'texts') return undefined;
  const both = texts.config.doors.filter(
    (door) => userProofs(door).length > 0 && acceptsProof(door, 'sequence'),
  );
  return both.map(({ name }) => name);
}

/** `until`: when the owner should delete it. */
export function sequenceLines(
  doors: readonly string[],
  configFile: string,
  until: string,
): readonly string[] {
  if (doors.length === 0) return [];
  const shown = doors.map(printable).join(', ');
  return [
    `Still open to everybody who knows the sequence: ${shown}. ${until}, delete the sequence in ${printable(configFile)} and run \`bussa reload\`.`,
  ];
}

/** The line for the client's hosts.conf. */
export async function cardLines(card: string, host: string | undefined): Promise<readonly string[]> {
  const { guessHost } = await import('../../../app/init/init.ts');
  return ['', 'On the client:', '', `    bussa host add ${quoteWord(host ?? guessHost())} ${card}`];
}
