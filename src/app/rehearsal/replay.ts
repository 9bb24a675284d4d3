import { AttemptEngine } from '../../core/attempt/attempt-engine.ts';
import type { HashKey } from '../../core/attempt/keyed-hash.ts';
import type { LogEvent } from '../../core/event/event.ts';
import { renderEvent } from '../../core/event/render-event.ts';
import { type Instant, instant } from '../../core/net/time.ts';
import { renderDiagnostic } from '../../core/text/diagnostic.ts';
import { CaptureFileError, openCaptureFile } from '../../host/capture/open-capture-file.ts';
import { EXIT } from '../../host/self/exit-status.ts';
import { loadConfig } from '../config/load-config.ts';
import { OneTimeDoors } from '../config/one-time-doors.ts';
import { arrangeCodes, RehearsalGuard } from './arrange-codes.ts';
import { OneTimeRehearsal } from './one-time-rehearsal.ts';
import { Rehearsal } from './rehearsal.ts';
import { renderOutcome } from './rehearsal-sink.ts';

/** All packets are known beforehand, so no secret is needed. */
const SECRET: HashKey = [0x62757373, 0x61];

export type ReplayRequest = { readonly capture: string; readonly configFile: string; readonly ipv6: boolean };

/**
 * Prints what the packets of a capture file would have caused, by the file's own clock. Runs nothing. Every destination
 * counts, because the file's host is not known. Returns the exit status.
 */
export async function replay(
  request: ReplayRequest,
  print: (line: string) => void,
  printError: (line: string) => void,
): Promise<number> {
  // A replay opens nothing, so it does not matter who can write the file.
  const loaded = loadConfig(request.configFile, 'ignored');
  if (loaded.kind === 'bad') {
    for (const diagnostic of loaded.diagnostics) printError(renderDiagnostic(diagnostic));
    return EXIT.config;
  }
  for (const warning of loaded.warnings) printError(renderDiagnostic(warning));
  const printEvent = (event: LogEvent): void => printError(renderEvent(event));
  const doors = new OneTimeDoors(printEvent, 'ignored').watchable(loaded.config.doors);
  const oneTime = new OneTimeRehearsal(doors, (event) => print(renderEvent(event)));
  const { guard } = new RehearsalGuard(loaded.config, SECRET);
  const engine = new AttemptEngine(doors, SECRET, undefined, guard);
  const { codes, warnings } = arrangeCodes(loaded.config, { guard, secret: SECRET, epoch: instant(0) });
  for (const warning of warnings) printError(renderDiagnostic(warning));
  const rehearsal = new Rehearsal(
    engine,
    request.ipv6,
    (used) => oneTime.advance(used),
    {
      outcome: (outcome, at) => print(`[${stamp(at)}] ${renderOutcome(outcome)}`),
      finish: ({ packets, knocks, openings }) =>
        print(`${packets} packets, ${knocks} of them knocks, ${openings} openings`),
    },
    codes,
  );
  try {
    return await play(request.capture, rehearsal, printError);
  } catch (error) {
    if (!(error instanceof CaptureFileError)) throw error;
    printError(`knockd: ${error.message}`);
    return EXIT.failed;
  }
}

/** A file may hold times that are not valid dates. */
export function stamp(time: Instant): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? `${Math.floor(time / 1000)} s after 1970` : date.toISOString();
}

async function play(
  capture: string,
  rehearsal: Rehearsal,
  printError: (line: string) => void,
): Promise<number> {
  const file = await openCaptureFile(capture);
  let exit: number = EXIT.ok;
  for await (const item of file.packets()) {
    if (item.kind === 'packet') {
      rehearsal.offer(item);
      continue;
    }
    printError(`knockd: ${capture} is damaged at byte ${item.offset}: ${item.reason}`);
    exit = EXIT.failed;
  }
  rehearsal.finish();
  return exit;
}
