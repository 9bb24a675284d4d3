import type { Findings } from '../../text/findings.ts';
import { sliceWord } from '../../text/word.ts';
import type { Entry, Section } from '../file/read-sections.ts';
import { type SimpleCommand, simpleCommands } from './simple-commands.ts';
import { lastEntry } from './written-door.ts';

const SECONDS_OF: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Places where a shell expects a program's name. */
const SLEEPS =
  /(?:^|[;&|({]|\b(?:do|then|else|sudo|nohup|exec)\s|-c\s*["'])\s*(?:\/(?:usr\/)?bin\/)?sleep\s+["'$\d.]/;

/** Warns about commands that wait, and times that have no effect. */
export function adviseTime(section: Section, findings: Findings): void {
  if (section.kind !== 'door') return;
  for (const entry of section.entries) {
    if (/^(?:Start|Stop)_Command/.test(entry.directive.name)) judgeSleep(section, entry, findings);
  }
  judgeLimit(section, findings);
  const time = lastEntry(section, 'Cmd_Timeout');
  if (time === undefined || lastEntry(section, 'Open', 'Stop_Command', 'Stop_Command_6') !== undefined)
    return;
  const what = `${time.directive.name} has no effect, because the door has nothing to close`;
  findings.warning(time.key, 'unused-time', `${what}: add a stop_command, or remove it`);
}

/** Such a command may be what closes the door again. */
function judgeLimit(section: Section, findings: Findings): void {
  const limit = lastEntry(section, 'Start_Limit');
  if (limit === undefined || /^0+[smhd]?$/i.test(limit.value?.text ?? '')) return;
  if (lastEntry(section, 'Stop_Command', 'Stop_Command_6') !== undefined) return;
  const what = 'if the command is terminated halfway, what it has opened stays open';
  findings.warning(
    limit.key,
    'limit-without-stop',
    `${what}: add a stop_command, or remove ${limit.key.text}`,
  );
}

function judgeSleep(section: Section, { directive, key, value }: Entry, findings: Findings): void {
  if (value === undefined || !SLEEPS.test(value.text)) return;
  const isStop = directive.name.startsWith('Stop');
  const plan = isStop ? undefined : planOf(value.text);
  const at = sliceWord(value, value.text.search(/\bsleep\b/));
  const what = isStop
    ? 'the command sleeps, and the door is open for that time'
    : 'the command sleeps, and the rest is lost if it is killed';
  if (plan === undefined || lastEntry(section, 'Stop_Command', 'Stop_Command_6') !== undefined) {
    const remedy = isStop
      ? 'let cmd_timeout decide when it runs'
      : 'use cmd_timeout for the time, and stop_command for the rest';
    findings.warning(at, 'sleeping-command', `${what}: ${remedy}`);
    return;
  }
  const suffix = directive.name.endsWith('_6') ? '_6' : '';
  const lines = [
    `${key.text} = ${plan.start}`,
    `cmd_timeout = ${plan.seconds}`,
    `stop_command${suffix} = ${plan.stop}`,
  ];
  findings.warning(at, 'sleeping-command', `${what}: write three lines, ${lines.join(' | ')}`);
}

/** The parts before and after the single sleep of a line. */
function planOf(
  text: string,
): { readonly start: string; readonly seconds: number; readonly stop: string } | undefined {
  const commands = simpleCommands(text);
  const index = commands?.findIndex(({ program }) => program === 'sleep') ?? -1;
  const sleep = commands?.[index];
  if (commands === undefined || sleep === undefined) return undefined;
  const [before, behind] = [commands[index - 1], commands[index + 1]];
  const seconds = secondsOf(sleep);
  if (before === undefined || behind === undefined || seconds === undefined) return undefined;
  return {
    start: text.slice(0, before.end),
    seconds,
    stop: text.slice(behind.start).replace(/[\s;&]+$/, ''),
  };
}

/** Whole seconds, as cmd_timeout has them. */
function secondsOf({ args }: SimpleCommand): number | undefined {
  const [, number, unit = 's'] = /^([0-9]{1,7}(?:\.[0-9]{1,3})?)([smhd]?)$/.exec(args[0] ?? '') ?? [];
  if (args.length !== 1 || number === undefined) return undefined;
  const seconds = Math.ceil(Number(number) * (SECONDS_OF[unit === '' ? 's' : unit] ?? 1));
  return seconds >= 1 ? seconds : undefined;
}
