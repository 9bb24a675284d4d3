import { readFileSync } from 'node:fs';
import type { FleetMade } from '../../../app/fleet/setup/init-fleet.ts';
import { printable } from '../../../core/event/printable.ts';
import { type EngineAddress, parseEngine, renderEngine } from '../../../core/fleet/engine-address.ts';
import {
  aclLine,
  certificateScript,
  engineConfig,
  NOBODY_ELSE,
  readableBy,
} from '../../../core/fleet/engine-rules.ts';
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
  const { user = name } = engine;
  const hasTls = engine.kind !== 'socket' && engine.tls;
  const places = engine.kind === 'server' ? [engine.place] : engine.kind === 'sentinels' ? engine.places : [];
  const names = [...new Set(places.map(({ host }) => host))];
  const tlsPort = hasTls ? ((engine.kind === 'server' ? engine.place.port : undefined) ?? 6379) : undefined;
  const section = (title: string, lines: readonly string[]): string[] => ['', title, '', ...lines];
  return [
    ...(hasTls
      ? section(
          'On the host of the engine. Certificates, made there by root with sh:',
          certificateScript(directory, isNew ? names : [], [user]),
        )
      : []),
    ...section(`There, at the end of ${directory}/users.acl:`, [
      ...(isNew ? [NOBODY_ELSE] : []),
      aclLine(fleet, user, hash),
    ]),
    ...(isNew
      ? section(
          'There, at the end of redis.conf (/etc/redis) or valkey.conf (/etc/valkey), of an engine that is for fleets alone:',
          engineConfig(directory, tlsPort),
        )
      : []),
    ...section(
      'There, as root, to let its user read them and to restart it. Redis, or Valkey:',
      (['redis', 'valkey'] as const).map((program) => readableBy(directory, program, hasTls)),
    ),
    ...(hasTls
      ? [
          '',
          `Copy ca.pem, ${user}.pem and ${user}.key from there to this host: ${engineDirectory}/ca.pem, client.pem and client.key.`,
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
