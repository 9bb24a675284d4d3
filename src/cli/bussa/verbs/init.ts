import { EXIT } from '../../../host/self/exit-status.ts';
import { UsageError } from '../../arguments/read-options.ts';
import type { Output, Verb } from '../../arguments/verb.ts';
import { INIT_OPTIONS, type InitAnswers, readInitAnswers, settle } from '../init/init-answers.ts';

export const INIT: Verb = {
  name: 'init',
  summary: 'create a first configuration: hide a port behind a knock',
  description: [
    'Asks at the terminal what to hide, draws a random sequence that avoids ports in use and well-known ports, prints which firewall it found, and writes the configuration, readable only by its owner. It does not overwrite an existing file without `--force`, unless nobody has edited that file, such as the default of a package.',
    'Then, where systemd runs, it offers to start the service on trial: systemd itself stops the service after two minutes, which opens the port again, unless you press Enter here or run `bussa confirm`, whatever happens to this terminal. So you can first knock and log in from a second terminal. The service is enabled only when you confirm.',
    'At the end it prints the command to type on the client, and the entries for `~/.ssh/config` and `~/.config/bussa/hosts.conf` there. With `--page` it writes a web page that knocks, and with `--qr` it prints a QR code that makes a phone do so. These are secrets.',
  ],
  operands: [],
  options: INIT_OPTIONS,
  read: ({ values }, environment) => {
    const wishes = readInitAnswers(values, environment);
    const asks = !values.has('yes');
    if (asks && values.has('json')) throw new UsageError('--json asks nothing: give --yes as well');
    if (asks && !process.stdin.isTTY) {
      throw new UsageError(
        'there is no terminal for questions: give --yes, and --port, --for and --host where they differ from the defaults',
      );
    }
    const qr = values.has('qr');
    return (output) => (asks ? initAtTerminal(wishes, qr, output) : initSilently(wishes, qr, output));
  },
};

async function initAtTerminal(wishes: InitAnswers, qr: boolean, output: Output): Promise<number> {
  const { runDialogue } = await import('../init/init-dialogue.ts');
  return runDialogue(wishes, qr, output);
}

async function initSilently(wishes: InitAnswers, qr: boolean, output: Output): Promise<number> {
  const { guessHost, init, inspectHost, nameDoor, objection } = await import('../../../app/init/init.ts');
  const order = settle(wishes, { guessHost, nameDoor });
  const { printFailure, firewallLine, howToStart, renderInit } = await import('../init/render-init.ts');
  const early = objection(order);
  if (early !== undefined && early.kind !== 'written') return printFailure(early, output);
  const findings = await inspectHost(order.ports);
  const outcome = init(order, findings);
  if (outcome.kind !== 'written') return printFailure(outcome, output);
  const { value, lines } = await renderInit(order, findings, outcome, qr);
  output.answer(value, [firewallLine(findings), ...lines, '', ...howToStart(order, findings)]);
  return EXIT.ok;
}
