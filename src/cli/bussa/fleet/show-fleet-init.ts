import { readFileSync } from 'node:fs';
import type { FleetMade } from '../../../app/fleet/setup/init-fleet.ts';
import { printable } from '../../../core/event/printable.ts';
import { type EngineAddress, parseEngine, renderEngine } from '../../../core/fleet/engine-address.ts';
import { aclLine, certificateScript, engineConfig, NOBODY_ELSE } from '../../../core/fleet/engine-rules.ts';
import { FLEET_NAME_FORM, isFleetName } from '../../../core/fleet/fleet-name.ts';
import { type Invitation, parseInvitation } from '../../../core/fleet/invitation.ts';
import { EXIT } from '../../../host/self/exit-status.ts';
import type { Output } from '../../arguments/verb.ts';
import { printFailure } from '../users/render-authority.ts';

const ENGINE_DIRECTORY = '/etc/valkey/bussa';

export type InitWords = {
  readonly configFile: string;
  readonly directory: string;
  readonly name: string;
  readonly values: ReadonlyMap<string, string>;
};

type Meant = Pick<Invitation, 'fleet' | 'engine' | 'members'> & { readonly secret?: Uint8Array };

/** `bussa fleet init`: makes the files, and prints what is to be done elsewhere. */
export async function initHere({ values, ...words }: InitWords, output: Output): Promise<number> {
  const fail = (message: string): number => printFailure({ kind: 'refused', message }, output);
  if (!isFleetName(words.name))
    return fail(`'${words.name}' is no name of a member: it has ${FLEET_NAME_FORM}`);
  const meant = readMeant(words.name, values);
  if (typeof meant === 'string') return fail(meant);
  const reading = parseEngine(meant.engine);
  if (reading.kind === 'bad') return fail(reading.reason);
  const { initFleet } = await import('../../../app/fleet/setup/init-fleet.ts');
  const made = initFleet({ ...words, ...meant, engine: renderEngine(reading.engine) });
  if (made.kind !== 'made') return printFailure(made, output);
  const isNew = values.has('engine');
  const directory = values.get('engine-directory') ?? ENGINE_DIRECTORY;
  for (const line of [
    `Written: ${made.written.map(printable).join(', ')}`,
    ...engineLines(meant.fleet, words.name, reading.engine, made, directory, isNew),
    ...memberLines(made, isNew),
  ])
    output.print(line);
  return EXIT.ok;
}

function readMeant(name: string, values: ReadonlyMap<string, string>): Meant | string {
  const file = values.get('join');
  if (file === undefined) {
    const fleet = values.get('fleet') ?? 'fleet';
    if (!isFleetName(fleet)) return `'${fleet}' is no name of a fleet: it has ${FLEET_NAME_FORM}`;
    return { fleet, engine: values.get('engine') ?? '', members: [] };
  }
  const invitation = parseInvitation(readWord(file));
  if (invitation === undefined)
    return `${file} holds no invitation: \`bussa fleet invite NAME\` prints one, a single line`;
  if (invitation.member === name) return invitation;
  return `the invitation is for ${invitation.member}, not for ${name}: use that name, or have another one printed`;
}

const readWord = (file: string): string => {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8').trim();
  } catch {
    return '';
  }
};

/** What its administrator does on the engine's host. */
function engineLines(
  fleet: string,
  name: string,
  engine: EngineAddress,
  { hash, engineDirectory }: FleetMade,
  directory: string,
  isNew: boolean,
): readonly string[] {
  const { user } = engine;
  const rule = aclLine(fleet, user ?? name, hash);
  const hasTls = engine.kind !== 'socket' && engine.tls;
  const place = engine.kind === 'server' ? engine.place : undefined;
  const names = place === undefined ? ['engine.example.org'] : [place.host];
  return [
    '',
    `On the host of the engine, in ${directory}/users.acl (then \`ACL LOAD\`):`,
    '',
    ...(isNew ? [NOBODY_ELSE] : []),
    rule,
    ...(!hasTls
      ? []
      : [
          '',
          `Certificates, made there by root with sh (and readable by the engine's user):`,
          '',
          ...certificateScript(directory, isNew ? names : [], [user ?? name]),
          '',
          `Copy ca.pem, ${user ?? name}.pem and ${user ?? name}.key from there to this host: ${engineDirectory}/ca.pem, client.pem and client.key.`,
        ]),
    ...(isNew && hasTls
      ? [
          '',
          'In valkey.conf or redis.conf, of an engine that is there for fleets alone:',
          '',
          ...engineConfig(directory, place?.port ?? 6379),
        ]
      : []),
  ];
}

function memberLines({ line }: FleetMade, isNew: boolean): readonly string[] {
  return [
    '',
    isNew
      ? 'Other hosts: `bussa fleet invite NAME` here, then `bussa fleet init NAME --join -` there. They need this line, which the invitation holds:'
      : 'In the members file of each other host (/etc/bussa/fleet-members), then `bussa reload` there:',
    '',
    `${line} doors=*`,
    '',
    'At the doors that are to be shared: fleet = share, accept. Then, under systemd, as root:',
    '',
    ...START,
  ];
}

/** The daemon joins the group, so that it can give it the socket `fleet`: docs/privileges.md. */
const START = [
  'getent group bussa-fleet || groupadd --system bussa-fleet',
  'mkdir -p /etc/systemd/system/knockd.service.d',
  `printf '%s\\n' '[Service]' SupplementaryGroups=bussa-fleet SystemCallFilter=@chown >/etc/systemd/system/knockd.service.d/fleet.conf`,
  'systemctl daemon-reload',
  'systemctl restart knockd',
  'systemctl enable bussa-fleet',
  'systemctl restart bussa-fleet',
];
