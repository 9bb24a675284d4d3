import { DEFAULT_CONFIG_FILE } from '../../../app/config/daemon-options.ts';
import { ownCommand } from '../../../app/config/own-command.ts';
import type { HostFindings, InitOutcome } from '../../../app/init/init.ts';
import type { InitRequest } from '../../../app/init/init-request.ts';
import { renderBashKnock, renderPowerShellKnock } from '../../../core/client/bare-knock.ts';
import { renderPortOpenings } from '../../../core/door/port-opening.ts';
import { renderSequence, type Sequence } from '../../../core/door/sequence.ts';
import { printable } from '../../../core/event/printable.ts';
import { renderDataPage } from '../../../core/page/data-page.ts';
import { planPage } from '../../../core/page/plan-page.ts';
import { diagnosticParts, renderDiagnostic } from '../../../core/text/diagnostic.ts';
import { quoteWord } from '../../../core/text/quote-word.ts';
import { absolutePath } from '../../../host/files/absolute-path.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { Json, Output } from '../../arguments/verb.ts';
import { pageLines } from '../page/write-knock-page.ts';

type Written = Extract<InitOutcome, { kind: 'written' }>;

export const firewallLine = ({ firewall }: HostFindings): string =>
  `The firewall here: ${printable(firewall.why)}.`;

/** What was done, and what the client needs. */
export async function renderInit(
  order: InitRequest,
  { firewall, connections }: HostFindings,
  outcome: Written,
  qr: boolean,
): Promise<{ value: Json; lines: string[] }> {
  const { sequence, knock, sshConfig, profile, page, backup, verdict } = outcome;
  const { configFile, door, ports } = order;
  const value = {
    ...{ file: configFile, door, ports: renderPortOpenings(ports), sequence: renderSequence(sequence) },
    ...{ firewall, knock, ssh_config: sshConfig.join('\n'), profile: profile.join('\n'), backup },
    ...(page === undefined ? {} : { page: page.file }),
    connected: connections.map(({ peer }) => peer),
    diagnostics: verdict.diagnostics.map(diagnosticParts),
  };
  const lines = [
    `Written: ${printable(configFile)}, readable only by you.`,
    ...(backup === undefined ? [] : [`The previous file: ${printable(backup)}`]),
    ...verdict.diagnostics.map(renderDiagnostic),
    '',
    'To get in from another machine:',
    '',
    `    ${knock}`,
    ...bareLines(order.host, sequence),
    ...(ports[0].protocol === 'tcp' ? sshLines(sshConfig, profile) : []),
    ...(page === undefined ? [] : ['', ...pageLines(page.file, page.plan)]),
    ...(qr ? await qrLines(order, sequence) : []),
  ];
  return { value, lines };
}

/** For a client without any program of ours. */
const bareLines = (host: string, sequence: Sequence): string[] => [
  '',
  'Without any program, on macOS (its bash comes with it) or Linux:',
  '',
  `    ${renderBashKnock(host, sequence)}`,
  '',
  'and in PowerShell on Windows:',
  '',
  `    ${renderPowerShellKnock(host, sequence)}`,
];

/** `bussa connect` works only with TCP. */
function sshLines(sshConfig: readonly string[], profile: readonly string[]): string[] {
  const indent = (lines: readonly string[]): string[] => lines.map((line) => `    ${line}`);
  return [
    '',
    'Or let ssh knock by itself. On the client, in ~/.ssh/config:',
    '',
    ...indent(sshConfig),
    '',
    'and in ~/.config/bussa/hosts.conf (Windows: %APPDATA%\\bussa\\hosts.conf), which nobody else may read (chmod 600):',
    '',
    ...indent(profile),
  ];
}

async function qrLines({ host, ports }: InitRequest, sequence: Sequence): Promise<string[]> {
  const { MAX_QR_BYTES, renderQr } = await import('../text/render-qr.ts');
  const [{ protocol, first }] = ports;
  const planned = planPage({ host, sequence, ...(protocol === 'tcp' ? { port: first } : {}) });
  if (planned.kind === 'refused') return ['', `There is no QR code: ${planned.reason}.`];
  const address = renderDataPage(planned.plan, MAX_QR_BYTES);
  if (address === undefined)
    return [
      '',
      'The knock is too long for a QR code in a terminal: bussa init --page FILE writes a page instead.',
    ];
  return [
    '',
    'For a phone: scan this, open or paste the text in the address bar of its browser, and it knocks:',
    '',
    ...renderQr(address),
  ];
}

/** How to start the daemon by hand without being locked out. */
export function howToStart({ configFile }: InitRequest, { connections }: HostFindings): string[] {
  const file = configFile === DEFAULT_CONFIG_FILE ? '' : ` -c ${quoteWord(absolutePath(configFile))}`;
  const peers = [...new Set(connections.map(({ peer }) => peer))].slice(0, 3).join(', ');
  return [
    ...(peers === '' ? [] : [`You or others are connected to it now, from ${peers}.`]),
    `Try it first: \`${ownCommand()} up --confirm 120${file}\` closes the port, and opens it again after two minutes`,
    'unless you confirm. Knock and log in from a second terminal within that time, and only then close this one.',
  ];
}

/** Prints why nothing was written. Returns the exit status. */
export function printFailure(outcome: Exclude<InitOutcome, { kind: 'written' }>, output: Output): number {
  output.error(`bussa: ${outcome.message}`);
  return outcome.kind === 'permission' ? EXIT.permission : EXIT.failed;
}
