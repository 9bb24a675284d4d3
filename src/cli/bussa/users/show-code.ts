import { askDaemon, type DaemonSelector } from '../../../app/ask/ask-daemon.ts';
import { readAuthority } from '../../../app/users/authority-texts.ts';
import { unknownUser } from '../../../app/users/change-user.ts';
import { portsOfCode } from '../../../core/code/code-ports.ts';
import { otpauthUri, recipeOf } from '../../../core/code/otpauth.ts';
import { renderBase32 } from '../../../core/code/totp.ts';
import type { CodePorts } from '../../../core/door/code-ports.ts';
import { printable } from '../../../core/event/printable.ts';
import { quoteWord } from '../../../core/text/quote-word.ts';
import { mayOpen } from '../../../core/users/user-directory.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { Json, Output } from '../../arguments/verb.ts';
import { MAX_QR_BYTES, renderQr } from '../text/render-qr.ts';
import { makeCredential, type UserRequest } from './make-credential.ts';
import { printFailure } from './render-authority.ts';

/** Creates a code secret for a user, and shows it. An existing one is not shown. */
export function addCode(
  request: UserRequest,
  host: string | undefined,
  choice: DaemonSelector,
  output: Output,
): Promise<number> {
  const { name, configFile } = request;
  const made = { kind: 'code', until: 'When every user has a key or a code' } as const;
  return makeCredential(request, made, choice, output, async ({ secret }) => {
    const places = placesOf(configFile, name);
    if (!Array.isArray(places)) return places;
    if (secret === undefined) {
      const first = `${name} had a code already: \`bussa user show ${name} --qr\` prints it again.`;
      return { json: {}, first, last: await wayLines(places, host) };
    }
    const { json, lines } = await showSecret(name, secret, places, host);
    return { json, first: `${name}: a new code`, last: lines };
  });
}

/** Shows a user's secret again. */
export async function showCode(
  configFile: string,
  name: string,
  host: string | undefined,
  output: Output,
): Promise<number> {
  const texts = readAuthority(configFile);
  if (texts.kind !== 'texts') return printFailure(texts, output);
  const user = texts.users.find((one) => one.name === name);
  if (user === undefined) return printFailure({ kind: 'refused', message: unknownUser(name, texts) }, output);
  if (user.code === undefined) {
    const message = `${name} has no code: \`bussa user add ${name} --code\` makes one`;
    return printFailure({ kind: 'refused', message }, output);
  }
  const places = placesOf(configFile, name);
  if (!Array.isArray(places)) return printFailure(places, output);
  const { json, lines } = await showSecret(name, renderBase32(user.code.secret), places, host);
  output.answer({ name, ...json }, lines.slice(1));
  return EXIT.ok;
}

/** Has the daemon forget which codes the user has used. */
export async function forgiveCodes(name: string, choice: DaemonSelector, output: Output): Promise<number> {
  const reply = await askDaemon(choice, { verb: 'forgive', user: name });
  if (reply.kind !== 'answer') {
    const message =
      reply.kind === 'no-daemon' ? 'no daemon runs that could forget used codes' : reply.message;
    return printFailure({ kind: 'refused', message }, output);
  }
  const { forgiven } = reply.answer;
  const what = forgiven ? 'codes that were used are forgotten' : 'no code was used';
  output.answer({ name, forgiven }, [`${name}: ${what}`]);
  return EXIT.ok;
}

/** A door that the user's codes open, and its code ports. */
type Place = { readonly door: string; readonly ports: CodePorts };

function placesOf(configFile: string, name: string) {
  const texts = readAuthority(configFile);
  if (texts.kind !== 'texts') return texts;
  const user = texts.users.find((one) => one.name === name);
  return texts.config.doors.flatMap((door): Place[] =>
    user !== undefined && door.codePorts !== undefined && mayOpen(user, door, 'code')
      ? [{ door: door.name, ports: door.codePorts }]
      : [],
  );
}

type Shown = { readonly json: { readonly [name: string]: Json }; readonly lines: readonly string[] };

async function showSecret(
  user: string,
  secret: string,
  places: readonly Place[],
  host: string | undefined,
): Promise<Shown> {
  const [first] = places;
  if (first === undefined) return { json: { secret }, lines: ['', `The secret: ${secret}`] };
  const uri = otpauthUri({ host: host ?? (await guess()), user, secret, ports: first.ports }, MAX_QR_BYTES);
  const codePorts = places.map(({ door, ports }) => ({ door, ports: [...ports], recipe: recipeOf(ports) }));
  return {
    json: { secret, otpauth: uri, codePorts },
    lines: [
      '',
      'Scan this with an authenticator app, or type in the secret. Whoever has it can knock as this user.',
      '',
      ...renderQr(uri),
      '',
      `    ${uri}`,
      `    secret: ${secret.match(/.{1,4}/g)?.join(' ')}`,
      ...(await wayLines(places, host)),
    ],
  };
}

const EXAMPLE = '492817';

/** How to knock with a code, at each door. */
async function wayLines(places: readonly Place[], host: string | undefined): Promise<readonly string[]> {
  const server = quoteWord(host ?? (await guess()));
  return places.flatMap(({ door, ports }) => {
    const knocks = portsOfCode(EXAMPLE, ports)?.join(' ');
    return [
      '',
      `To open ${printable(door)}, put the code behind the numbers ${recipeOf(ports)}. For 492 817, with any client:`,
      '',
      `    knock ${server} ${knocks}`,
      '',
      `With Bussa's client: CodePorts ${ports.join(' ')} in its hosts.conf, then bussa knock ${server} --code ${EXAMPLE}`,
    ];
  });
}

async function guess(): Promise<string> {
  return (await import('../../../app/init/init.ts')).guessHost();
}
