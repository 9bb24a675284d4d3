import { renderWantedPort, type WantedPort } from '../spa/spa-request.ts';
import { isYes } from './access-settings.ts';
import { readNetworks, readPorts, readSeconds } from './access-values.ts';
import type { AccessSetting, AccessStanza } from './read-access.ts';

/** DEF_FW_ACCESS_TIMEOUT, DEF_MAX_FW_TIMEOUT */
const DEFAULT_OPEN_FOR = 30;
const DEFAULT_MAX_OPEN_FOR = 300;

export type DoorText = { readonly stem: string; readonly lines: readonly string[] };

/** The doors of a stanza, without names and users; a string says why there are none. */
export function doorTexts(
  { settings }: AccessStanza,
  anyPorts: readonly WantedPort[],
): readonly DoorText[] | string {
  const seconds = (name: string): number | undefined => {
    const setting = settings.get(name);
    return setting === undefined ? undefined : readSeconds(setting);
  };
  const openFor = seconds('FW_ACCESS_TIMEOUT') || DEFAULT_OPEN_FOR;
  const most = Math.max(openFor, seconds('MAX_FW_TIMEOUT') || DEFAULT_MAX_OPEN_FOR);
  const timer = seconds('CMD_CYCLE_TIMER');
  const open = settings.get('OPEN_PORTS');
  const asked = open === undefined ? anyPorts : readPorts(open);
  const restricted = settings.get('RESTRICT_PORTS');
  const barred = restricted === undefined ? [] : readPorts(restricted).map(renderWantedPort);
  const target = targetOf(settings.get('DESTINATION'));
  if (typeof target === 'string') return target;
  const source = settings.get('REQUIRE_SOURCE_ADDRESS') ?? settings.get('REQUIRE_SOURCE');
  const common = [
    ...(source !== undefined && isYes(source.value.text) ? ['require_source = yes'] : []),
    ...target.lines,
  ];
  const start = settings.get('CMD_CYCLE_OPEN')?.value.text;
  if (start !== undefined)
    return commandDoor(start, settings.get('CMD_CYCLE_CLOSE')?.value.text, timer ?? openFor, most, common);
  const ports = [...new Set(asked.map(renderWantedPort))].filter((port) => !barred.includes(port));
  if (ports.length === 0)
    return 'it opens any port that a client asks for: name those that it may, with --ports tcp/22,udp/53';
  return ports.map((port) => ({
    stem: `spa-${port.replace('/', '-')}`,
    lines: [`open = ${port}`, `open_for = ${openFor}`, `max_open_for = ${most}`, ...common],
  }));
}

/** `lines`: one or none. */
function targetOf(setting: AccessSetting | undefined): { readonly lines: readonly string[] } | string {
  const networks = setting === undefined ? undefined : readNetworks(setting);
  if (networks === undefined) return { lines: [] };
  const [only, other] = networks;
  // A mistake in it has its own finding.
  if (only === undefined) return { lines: [] };
  if (other !== undefined || only.length !== 32)
    return 'DESTINATION is more than one address: a door has one target, or all addresses of this host';
  return { lines: [`target = ${only.base}`] };
}

/** The only part of a packet that a door's command can know: the address. */
const ADDRESS = /\$(?:IP|SRC)\b/g;
const OTHER = /\$(?:PKT_SRC|DST|PORT|PROTO|CLIENT_TIMEOUT|TIMEOUT)\b/;

function commandDoor(
  start: string,
  stop: string | undefined,
  openFor: number,
  most: number,
  common: readonly string[],
): readonly DoorText[] | string {
  const other = OTHER.exec(`${start} ${stop ?? ''}`)?.[0];
  if (other !== undefined)
    return `its command uses ${other}, which no command of a door knows: write a door for each port, with the port in its command`;
  const hasStop = stop !== undefined && stop.toUpperCase() !== 'NONE';
  const command = (text: string): string => text.replaceAll(ADDRESS, '%IP%');
  return [
    {
      stem: 'spa-command',
      lines: [
        `start_command = ${command(start)}`,
        ...(hasStop ? [`stop_command = ${command(stop)}`, `cmd_timeout = ${openFor}`] : []),
        ...(hasStop ? [`max_open_for = ${Math.max(most, openFor)}`] : []),
        ...common,
      ],
    },
  ];
}
