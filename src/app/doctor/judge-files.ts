import { globSync, readFileSync } from 'node:fs';
import type { Config } from '../../core/config/file/config.ts';
import type { Finding } from '../../core/doctor/finding.ts';
import { look, ok, problem, warning } from '../../core/doctor/finding.ts';
import { renderDiagnostic } from '../../core/text/diagnostic.ts';
import { quoteWord } from '../../core/text/quote-word.ts';
import { findProgram } from '../../host/files/find-program.ts';
import type { FoundConfigFile } from '../ask/find-config-file.ts';
import { checkCommand } from '../ask/start-method.ts';
import { check } from '../config/check.ts';
import { installCommand } from './install-command.ts';

/** Where logrotate(8) is configured. */
const ROTATION_FILES = ['/etc/logrotate.conf', '/etc/logrotate.d/*'];

export type JudgedConfig = { readonly findings: readonly Finding[]; readonly config?: Config };

export function judgeConfiguration({ file, from }: FoundConfigFile): JudgedConfig {
  const verdict = check(file);
  const { diagnostics } = verdict;
  const id = 'configuration';
  const last = from === 'last' ? '; no daemon answers, and the last one used this file' : '';
  const isBad = verdict.kind === 'bad';
  const told = diagnostics.filter(({ severity }) => severity === (isBad ? 'error' : 'warning'));
  const finding = isBad ? problem : warning;
  const findings = told.flatMap((one): Finding[] => {
    const command = CHMOD.exec(one.message)?.[1];
    return command === undefined
      ? []
      : [finding(id, `${renderDiagnostic(one)}${last}`, { by: 'chmod', command })];
  });
  const [first, ...others] = told.filter(({ message }) => !CHMOD.test(message));
  if (first !== undefined) {
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    findings.push(finding(id, `${renderDiagnostic(first)}${more}${last}`, look(checkCommand(file))));
  }
  if (isBad) return { findings };
  return {
    config: verdict.config,
    findings: told.length > 0 ? findings : [ok(id, `${file} is good${last}`)],
  };
}

/** The end of a sentence of `judgeFileAccess`. Other mistakes in a file need its owner. */
const CHMOD = /: (chmod [a-z,+-]+ (?:[A-Za-z0-9_./,+@%:-]+|'(?:[^']|'\\'')*'))$/;

export function judgeRotation({ settings: { logFile } }: Config): Finding {
  const id = 'log-rotation';
  if (logFile === undefined) return ok(id, 'the log goes to syslog, which limits its size');
  const isNamed = globSync(ROTATION_FILES, { cwd: '/' }).some((file) => textOf(file).includes(logFile));
  const hasProgram = findProgram('logrotate', `${process.env.PATH ?? ''}:/usr/sbin:/sbin`) !== undefined;
  if (isNamed && hasProgram) return ok(id, `logrotate knows ${logFile}`);
  const message = isNamed
    ? `logrotate, which would rotate ${logFile}, is not installed: the log grows without limit`
    : `nothing rotates ${logFile}: it grows without limit`;
  const commands = [
    ...(hasProgram ? [] : [installCommand('logrotate')]),
    ...(isNamed ? [] : [writeEntry(logFile)]),
  ];
  if (commands.includes(undefined)) return warning(id, message, { hint: 'install logrotate' });
  return warning(id, message, {
    by: hasProgram ? 'logrotate-file' : 'logrotate-package',
    command: commands.join(' && '),
  });
}

/** logrotate(8) needs one directive per line, and takes a quoted name literally. */
function writeEntry(logFile: string): string {
  const lines = [`"${logFile}" {`, 'weekly', 'rotate 4', 'compress', 'missingok', 'copytruncate', '}'];
  return `printf '%s\\n' ${lines.map(quoteWord).join(' ')} > /etc/logrotate.d/bussa-log`;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
