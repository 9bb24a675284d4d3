import { DEFAULT_CONFIG_FILE } from '../app/daemon/daemon-options.ts';
import { guessHost, type HostFindings, init, lookAround, nameDoor, objection } from '../app/init/init.ts';
import type { InitOrder } from '../app/init/init-order.ts';
import { findService, keepService, startOnTrial, undoTrial } from '../app/init/start-service.ts';
import { renderPortOpening } from '../core/door/port-opening.ts';
import { printable } from '../core/event/printable.ts';
import { SystemdError } from '../host/system/systemd.ts';
import {
  DEFAULT_TIME,
  parseHostAnswer,
  parsePortAnswer,
  parseTimeAnswer,
  settle,
  type Wishes,
} from './init-wishes.ts';
import { NoAnswerError, Questions } from './question.ts';
import { complainOf, howToStart, renderInit } from './render-init.ts';
import { BUSSA_EXIT, type Voice } from './verb.ts';

/** From the start of the service to its end, unless somebody has come in. */
const TRIAL_SECONDS = 120;

/** Asks for what was not said, writes, and starts. Returns the exit status. */
export async function runDialogue(wishes: Wishes, qr: boolean, voice: Voice): Promise<number> {
  const early = objection(wishes);
  if (early !== undefined && early.kind !== 'written') return complainOf(early, voice);
  using questions = new Questions();
  try {
    const order = await askForOrder(wishes, questions);
    const findings = await lookAround(order.ports);
    voice.say(`The firewall here: ${printable(findings.firewall.why)}.`);
    if (!(await questions.confirm(`Write ${order.configFile}?`, true))) {
      voice.say('Nothing was written.');
      return BUSSA_EXIT.failed;
    }
    const outcome = init(order, findings);
    if (outcome.kind !== 'written') return complainOf(outcome, voice);
    const { lines } = await renderInit(order, findings, outcome, qr);
    voice.say(['', ...lines, ''].join('\n'));
    return await offerService(order, findings, outcome.knock, questions, voice);
  } catch (error) {
    if (error instanceof SystemdError) {
      voice.complain(`bussa: ${error.message}`);
      return BUSSA_EXIT.failed;
    }
    if (!(error instanceof NoAnswerError)) throw error;
    // Behind the question.
    voice.say('');
    voice.complain('bussa: left without an answer: what was said above is all that was done');
    return BUSSA_EXIT.failed;
  }
}

async function askForOrder(wishes: Wishes, questions: Questions): Promise<InitOrder> {
  const { likelyPort } = wishes;
  const port =
    wishes.port ??
    (await questions.ask('Which port shall be hidden?', renderPortOpening(likelyPort), parsePortAnswer));
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
      'By which name or address is this host reached from outside?',
      guessHost(),
      parseHostAnswer,
    ));
  return settle({ ...wishes, port, openFor, host }, { guessHost, nameDoor });
}

async function offerService(
  order: InitOrder,
  findings: HostFindings,
  knock: string,
  questions: Questions,
  voice: Voice,
): Promise<number> {
  const chance = await findService();
  const byHand = (): number => {
    for (const line of howToStart(order, findings)) voice.say(line);
    return BUSSA_EXIT.ok;
  };
  if (chance.kind === 'running') {
    voice.say(
      'The service knockd runs already, with what it has read before. With a second session open, run',
    );
    voice.say('`systemctl reload knockd`, and try the knock.');
    return BUSSA_EXIT.ok;
  }
  if (chance.kind !== 'ready' || order.configFile !== DEFAULT_CONFIG_FILE) return byHand();
  const what = chance.mustInstall ? 'Install and start the service' : 'Start the service';
  const undone = `It is stopped again after ${TRIAL_SECONDS} s unless you confirm`;
  if (!(await questions.confirm(`${what} knockd now? ${undone}.`, true))) return byHand();
  await begin(chance.mustInstall);
  voice.say(
    `The port is closed to new connections now. Leave this terminal as it is; from a second one, outside:`,
  );
  voice.say(`\n    ${knock}\n\nand log in anew.`);
  return judgeTrial(questions, voice);
}

/** What has begun and failed is undone. */
async function begin(mustInstall: boolean): Promise<void> {
  try {
    await startOnTrial(mustInstall, TRIAL_SECONDS);
  } catch (error) {
    await undoTrial().catch(() => undefined);
    throw error;
  }
}

async function judgeTrial(questions: Questions, voice: Voice): Promise<number> {
  let confirmed = false;
  try {
    // Before systemd acts by itself.
    confirmed = await questions.enterWithin('Press Enter here once you are in: ', TRIAL_SECONDS - 5);
  } finally {
    if (!confirmed) await undoTrial();
  }
  if (!confirmed) {
    voice.say('\nNobody has confirmed it: the service is stopped, and the port is open again.');
    return BUSSA_EXIT.failed;
  }
  try {
    await keepService();
  } catch (error) {
    await undoTrial();
    throw error;
  }
  voice.say('The service stays, and starts at boots. `bussa check` judges what you change.');
  return BUSSA_EXIT.ok;
}
