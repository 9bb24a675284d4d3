import { check } from '../../../app/config/check.ts';
import { DEFAULT_CONFIG_FILE } from '../../../app/config/daemon-options.ts';
import {
  guessHost,
  type HostFindings,
  type InitOutcome,
  init,
  inspectHost,
  nameDoor,
  objection,
} from '../../../app/init/init.ts';
import type { InitRequest } from '../../../app/init/init-request.ts';
import { renderKnockLine } from '../../../app/init/render-config.ts';
import { enableService, isOnTrial, revertTrial, SERVICE } from '../../../app/init/service-trial.ts';
import { findService, type ServiceReadiness, startOnTrial } from '../../../app/init/start-service.ts';
import { type PortOpening, renderPortOpening } from '../../../core/door/port-opening.ts';
import { renderDiagnostic } from '../../../core/text/diagnostic.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import { readService, SystemdError } from '../../../host/service-manager/systemd.ts';
import type { Output } from '../../arguments/verb.ts';
import { renderExposure } from '../text/render-exposure.ts';
import {
  DEFAULT_TIME,
  type InitAnswers,
  parseHostAnswer,
  parsePortAnswer,
  parseTimeAnswer,
  settle,
} from './init-answers.ts';
import { NoAnswerError, Questions } from './question.ts';
import { firewallLine, howToStart, printFailure, renderInit } from './render-init.ts';

/** Time from the start of the service to its end, unless somebody confirms. */
const TRIAL_SECONDS = 120;

/** Maximum number of knock lines printed for a configuration with many doors. */
const MAX_KNOCK_LINES = 8;

/** Asks for what was not given, writes the files, and starts the service. Returns the exit status. */
export async function runDialogue(wishes: InitAnswers, qr: boolean, output: Output): Promise<number> {
  const early = objection(wishes);
  if (early !== undefined && early.kind !== 'written' && early.kind !== 'exists')
    return printFailure(early, output);
  using questions = new Questions();
  try {
    if (early?.kind === 'exists') return await offerAgain(wishes, early, questions, output);
    const order = await askForOrder(wishes, questions);
    const findings = await inspectHost(order.ports);
    output.print(firewallLine(findings));
    if (!(await questions.confirm(`Write ${order.configFile}?`, true))) {
      output.print('Nothing was written.');
      return EXIT.failed;
    }
    const outcome = init(order, findings);
    if (outcome.kind !== 'written') return printFailure(outcome, output);
    const { lines } = await renderInit(order, findings, outcome, qr);
    output.print(['', ...lines, ''].join('\n'));
    return await offerService(order, findings, outcome.knock, questions, output);
  } catch (error) {
    if (error instanceof SystemdError) {
      output.error(`bussa: ${error.message}`);
      return EXIT.failed;
    }
    if (!(error instanceof NoAnswerError)) throw error;
    // After the question.
    output.print('');
    output.error('bussa: stopped without an answer: only what is listed above was done');
    return EXIT.failed;
  }
}

/** The existing file stays. Its service may never have been tried, or never been confirmed. */
async function offerAgain(
  wishes: InitAnswers,
  early: Exclude<InitOutcome, { kind: 'written' }>,
  questions: Questions,
  output: Output,
): Promise<number> {
  const { configFile } = wishes;
  const chance = configFile === DEFAULT_CONFIG_FILE ? await findService() : undefined;
  if (chance?.kind === 'on-trial' || chance?.kind === 'masked') {
    for (const line of WHY_NOT[chance.kind]) output.print(line);
    return EXIT.failed;
  }
  if (chance?.kind !== 'ready') return printFailure(early, output);
  const verdict = check(configFile);
  if (verdict.kind === 'bad') {
    for (const diagnostic of verdict.diagnostics) output.error(renderDiagnostic(diagnostic));
    output.error(
      `bussa: ${configFile} already exists and has a mistake: correct it, or rename it with --force`,
    );
    return EXIT.config;
  }
  output.print(`${configFile} already exists and stays as it is; --force renames it and writes a new one.`);
  if (!(await questions.confirm(questionOf(chance), true))) {
    output.print('Nothing was changed.');
    return EXIT.failed;
  }
  const host = wishes.host ?? guessHost();
  const knocks = verdict.config.doors.flatMap(({ sequenceSource }) =>
    sequenceSource.kind === 'fixed' ? [renderKnockLine(host, sequenceSource.sequence)] : [],
  );
  const ports = verdict.config.doors.flatMap(({ opening }) => opening.ports ?? []);
  return tryService(chance, { knocks: knocks.slice(0, MAX_KNOCK_LINES), ports }, questions, output);
}

async function askForOrder(wishes: InitAnswers, questions: Questions): Promise<InitRequest> {
  const { likelyPort } = wishes;
  const port =
    wishes.port ??
    (await questions.ask('Which port should be hidden?', renderPortOpening(likelyPort), parsePortAnswer));
  const openFor =
    wishes.openFor ??
    (await questions.ask(
      'How long does a knock let new connections in, in seconds?',
      DEFAULT_TIME,
      parseTimeAnswer,
    ));
  const host =
    wishes.host ??
    (await questions.ask(
      'By which name or address do clients reach this host?',
      guessHost(),
      parseHostAnswer,
    ));
  return settle({ ...wishes, port, openFor, host }, { guessHost, nameDoor });
}

async function offerService(
  order: InitRequest,
  findings: HostFindings,
  knock: string,
  questions: Questions,
  output: Output,
): Promise<number> {
  const chance = await findService();
  const byHand = (): number => {
    for (const line of howToStart(order, findings)) output.print(line);
    return EXIT.ok;
  };
  if (chance.kind === 'running' || chance.kind === 'on-trial' || chance.kind === 'masked') {
    for (const line of WHY_NOT[chance.kind]) output.print(line);
    return EXIT.ok;
  }
  if (chance.kind !== 'ready' || order.configFile !== DEFAULT_CONFIG_FILE) return byHand();
  if (!(await questions.confirm(questionOf(chance), true))) return byHand();
  return tryService(chance, { knocks: [knock], ports: order.ports }, questions, output);
}

type ReadyService = Extract<ServiceReadiness, { kind: 'ready' }>;

const WHY_NOT = {
  running: [
    'The service knockd is already running, with its previous configuration. With a second session open, run',
    '`bussa reload`, and try the knock.',
  ],
  'on-trial': [
    'The service knockd is already on trial: `bussa status` shows the time left. Log in again, and run',
    '`bussa confirm` there; or wait until the trial is over.',
  ],
  masked: [
    'The service knockd is masked and stays masked: run `systemctl unmask knockd`, then `bussa init` again.',
  ],
} as const;

function questionOf({ mustInstall }: ReadyService): string {
  const what = mustInstall ? 'Install and start the service' : 'Start the service';
  return `${what} knockd now? It stops again after ${TRIAL_SECONDS} s unless you confirm.`;
}

async function tryService(
  { mustInstall }: ReadyService,
  { knocks, ports }: { readonly knocks: readonly string[]; readonly ports: readonly PortOpening[] },
  questions: Questions,
  output: Output,
): Promise<number> {
  await begin(mustInstall);
  for (const line of await saidOfPorts(ports)) output.print(line);
  output.print('Keep this terminal open. In a second one, on another machine, run');
  output.print(['', ...knocks.map((knock) => `    ${knock}`), '', 'and log in again.'].join('\n'));
  return judgeTrial(questions, output);
}

/** What the whole ruleset does to strangers now that the service runs. */
async function saidOfPorts(ports: readonly PortOpening[]): Promise<string[]> {
  const { judgeExposure } = await import('../../../app/exposure/judge-exposure.ts');
  const { readInterfaces } = await import('../../../host/interfaces/interfaces.ts');
  const interfaces = readInterfaces({ routes: true });
  return renderExposure(await judgeExposure({ ports, interfaces, choice: undefined }));
}

/** On failure, undoes what was done. */
async function begin(mustInstall: boolean): Promise<void> {
  try {
    await startOnTrial(mustInstall, TRIAL_SECONDS);
  } catch (error) {
    await revertTrial().catch(() => undefined);
    throw error;
  }
}

async function judgeTrial(questions: Questions, output: Output): Promise<number> {
  let end: 'entered' | 'late' | 'settled' = 'late';
  const question = 'Press Enter here once you are logged in, or run `bussa confirm` there: ';
  try {
    // Before systemd stops the service itself.
    end = await questions.enterWithin(question, TRIAL_SECONDS - 5, () => !isOnTrial());
  } finally {
    // A trial that `bussa confirm` has ended meanwhile stays confirmed.
    if (end === 'late' && isOnTrial()) await revertTrial();
  }
  if (end === 'settled') return tellSettled(output);
  if (end === 'late') {
    output.print('\nThe trial was not confirmed: the service is stopped, and the port is open again.');
    return EXIT.failed;
  }
  try {
    await enableService();
  } catch (error) {
    await revertTrial();
    throw error;
  }
  output.print('The service keeps running and starts at boot. `bussa check` checks later changes.');
  return EXIT.ok;
}

/** The trial was ended elsewhere. */
async function tellSettled(output: Output): Promise<number> {
  const { isActive } = await readService(SERVICE);
  output.print(
    isActive
      ? '\nConfirmed by `bussa confirm`: the service keeps running and starts at boot.'
      : '\nThe service was stopped: the port is open again.',
  );
  return isActive ? EXIT.ok : EXIT.failed;
}
