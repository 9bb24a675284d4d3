import type { DaemonSelector } from '../../../app/ask/ask-daemon.ts';
import { printable } from '../../../core/event/printable.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { OptionTable } from '../../arguments/option.ts';
import { UsageError } from '../../arguments/read-options.ts';
import type { Action, Output, ParsedArguments, Verb } from '../../arguments/verb.ts';
import { judgedFile, readSelector, SELECTOR_OPTIONS } from '../../daemon-verbs/daemon-selector.ts';
import {
  cardLines,
  doorsWithSequence,
  noticeJson,
  noticeLines,
  printFailure,
  sequenceLines,
} from '../users/render-authority.ts';

const ACTIONS = ['add', 'list', 'show', 'off', 'on', 'forgive', 'remove'] as const;

const OPTIONS = {
  door: {
    type: 'string',
    value: 'DOOR',
    completes: 'door',
    summary: 'with `add`: a door that the user may open; several are separated by commas',
    details:
      'The door accepts keys, or with `--code` codes, or with `--spa` packets of fwknop, from then on. Without it, the user may open every door that accepts them and does not name its users.',
  },
  code: {
    type: 'boolean',
    summary: 'with `add`: create a secret for an authenticator app, whose codes open doors',
    details:
      'It is printed as a QR code, with how to knock a code as two ports. A user who has a secret already keeps it, and it is not printed again.',
  },
  spa: {
    type: 'boolean',
    summary: 'with `add`: create keys for the fwknop client, whose packets open doors',
    details:
      'A stanza for `.fwknoprc` with the new keys is printed. They are not printed again. A user may have keys for several devices.',
  },
  host: {
    type: 'string',
    value: 'NAME',
    summary:
      'with `add` and `show --qr`: the name or address under which clients reach this server, for the output',
  },
  qr: {
    type: 'boolean',
    summary: "with `show`: print the secret of the user's codes again, as a QR code and as text",
  },
  ...SELECTOR_OPTIONS,
} as const satisfies OptionTable;

export const USER: Verb = {
  name: 'user',
  summary: 'manage the users who may open doors with their SSH key, codes or fwknop',
  description: [
    'A user opens doors with a knock that is signed by an SSH key: one UDP packet that nobody can replay. `add NAME KEY` adds a user, or another key of one; KEY is a `.pub` file, `-` for standard input, or the line itself. It creates what is missing: the key of the server, the users file `/etc/bussa/users.conf`, `accept = key` and `Signed_Port` in the configuration, whose comments stay. The daemon reloads, and the line for the client is printed.',
    '`add NAME --code` gives a user a secret for an authenticator app instead (RFC 6238: 6 digits, 30 seconds, SHA-1), adds `accept = code` and `code_ports` to the door, and shows the QR code to scan. The app then shows which ports to knock for a code. The secret is printed only then, and by `show NAME --qr`.',
    '`add NAME --spa` makes keys for the client of fwknop, adds `accept = spa` to the door, and prints a stanza for `.fwknoprc`.',
    "`list` and `show NAME` print users. `off NAME` disables a user until `on NAME`; `remove NAME` deletes one, or, with a fingerprint after it, only that key, or with `code` the user's code. What only this user, key or code has opened is closed at once, even if the configuration or the users file has a mistake elsewhere. A door that has a sequence too stays open to whoever knows the sequence; the verbs name such doors. If the daemon rejects a change, the verb says so, and the exit status is 78.",
    "`forgive NAME` makes a user's codes valid again after this host's clock was set back: the daemon forgets which ones were used.",
  ],
  operands: [
    {
      name: 'ACTION',
      summary: 'what to do: `add`, `list`, `show`, `off`, `on`, `forgive` or `remove`',
      completes: ACTIONS,
    },
    { name: 'NAME', summary: 'the user', optional: true },
    {
      name: 'KEY',
      summary: 'a `.pub` file, or with `remove` a fingerprint or `code`',
      completes: 'file',
      optional: true,
    },
  ],
  options: OPTIONS,
  read: (given, environment) => {
    const choice = readSelector(given.values, environment);
    const [word = '', name] = given.operands;
    const action = ACTIONS.find((one) => one === word);
    if (action === undefined)
      throw new UsageError(`unknown action '${word}': it is one of ${ACTIONS.join(', ')}`);
    if (action !== 'list' && name === undefined)
      throw new UsageError(`no NAME was given: bussa user ${action} NAME`);
    judgeOperands(action, given);
    return (output) => act(action, given, choice, output);
  },
};

/** Options with which `add` creates the credential itself. */
const MADE = ['code', 'spa'] as const;

type ActionName = (typeof ACTIONS)[number];

function judgeOperands(action: ActionName, { operands, values }: ParsedArguments): void {
  const [, name, key] = operands;
  const given = [
    ...(key === undefined ? [] : ['KEY']),
    ...MADE.filter((one) => values.has(one)).map((one) => `--${one}`),
  ];
  if (action === 'add' && given.length > 1)
    throw new UsageError(`${given.join(' and ')} cannot be combined: add them one after the other`);
  if (action === 'add' && given.length === 0)
    throw new UsageError(
      'no KEY was given: bussa user add NAME KEY, where KEY is a .pub file, or bussa user add NAME --code or --spa',
    );
  const stray = action === 'list' ? name : action === 'add' || action === 'remove' ? undefined : key;
  if (stray !== undefined) throw new UsageError(`unexpected argument '${stray}'`);
  const isShown = action === 'show' && values.has('qr');
  for (const option of ['door', 'host', ...MADE])
    if (action !== 'add' && values.has(option) && !(isShown && option === 'host'))
      throw new UsageError(`--${option} is for \`bussa user add\``);
  if (action !== 'show' && values.has('qr')) throw new UsageError('--qr is for `bussa user show`');
}

async function act(
  action: ActionName,
  { values, operands }: ParsedArguments,
  choice: DaemonSelector,
  output: Output,
): ReturnType<Action> {
  const judged = await judgedFile(undefined, choice, output);
  if (typeof judged === 'number') return judged;
  const configFile = judged.file;
  const [, name = '', key = ''] = operands;
  switch (action) {
    case 'add': {
      const doors = (values.get('door') ?? '').split(',').map((door) => door.trim());
      const request = { configFile, name, doors: doors.filter((door) => door !== '') };
      const host = values.get('host');
      if (values.has('spa'))
        return (await import('../users/show-spa.ts')).addSpa(request, host, choice, output);
      if (!values.has('code')) return add({ ...request, key }, host, choice, output);
      return (await import('../users/show-code.ts')).addCode(request, host, choice, output);
    }
    case 'list':
      return (await import('../users/show-users.ts')).listUsers(configFile, output);
    case 'show':
      if (values.has('qr'))
        return (await import('../users/show-code.ts')).showCode(configFile, name, values.get('host'), output);
      return (await import('../users/show-users.ts')).showUser(configFile, name, choice, output);
    case 'forgive':
      return (await import('../users/show-code.ts')).forgiveCodes(name, choice, output);
    default:
      return (await import('../users/change-user.ts')).changeUser(
        action,
        { configFile, name, ...(key === '' ? {} : { key }) },
        choice,
        output,
      );
  }
}

type Added = {
  readonly configFile: string;
  readonly name: string;
  readonly key: string;
  readonly doors: readonly string[];
};

async function add(
  { key, ...request }: Added,
  host: string | undefined,
  choice: DaemonSelector,
  output: Output,
) {
  const { addUser } = await import('../../../app/users/add-user.ts');
  const { readKeyText } = await import('../../../app/users/read-key-text.ts');
  const { readCard } = await import('../../../app/users/server-card.ts');
  const { reloadUsers } = await import('../../../app/users/reload-users.ts');
  const { isUserName, USER_NAME_FORM } = await import('../../../core/config/values/parse-names.ts');
  const { name, configFile } = request;
  if (!isUserName(name))
    return printFailure(
      { kind: 'refused', message: `'${name}' is not a user name: a user name has ${USER_NAME_FORM}` },
      output,
    );
  const text = readKeyText(key);
  if (text.kind !== 'text') return printFailure(text, output);
  const outcome = addUser({ ...request, credential: { kind: 'key', text: text.text } });
  if (outcome.kind !== 'added') return printFailure(outcome, output);
  const told = await reloadUsers(choice);
  const reading = readCard(configFile);
  if (reading.kind !== 'card') return printFailure(reading, output);
  const { keys, notes, written, doors, mayOpen } = outcome;
  for (const note of notes) output.error(`bussa: ${printable(note)}`);
  if (mayOpen.length === 0)
    output.error(`bussa: ${name} may open no door yet: name one with --door, or add ${name} to its Users`);
  const added = keys.length === 0 ? `${name} had this key already.` : `${name}: ${keys.join(', ')}`;
  const sequenceOpens = ((await doorsWithSequence(configFile)) ?? []).filter((door) =>
    mayOpen.includes(door),
  );
  const value = { name, keys, notes, written, doors, mayOpen, sequenceOpens, card: reading.card };
  output.answer({ ...value, ...noticeJson(told) }, [
    added,
    ...(written.length === 0 ? [] : [`Written: ${written.map(printable).join(', ')}`]),
    ...(mayOpen.length === 0 ? [] : [`May open: ${mayOpen.map(printable).join(', ')}`]),
    ...noticeLines(told, `${name} cannot get in yet`),
    ...sequenceLines(sequenceOpens, configFile, 'When every user has a key'),
    ...(await cardLines(reading.card, host)),
  ]);
  return told.kind === 'refused' ? EXIT.config : EXIT.ok;
}
