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
  stanza: AccessStanza,
  anyPorts: readonly WantedPort[],
): readonly DoorText[] | string {
  const { settings } = stanza;
  const times = timesOf(settings);
  const open = settings.get('OPEN_PORTS');
  const asked = open === undefined ? anyPorts : readPorts(open);
  const restricted = settings.get('RESTRICT_PORTS');
  const barred = restricted === undefined ? [] : readPorts(restricted).map(renderWantedPort);
  const target = targetOf(settings.get('DESTINATION'));
  const hasCommand = judgeCommands(settings);
  if (typeof target === 'string') return target;
  const common = [...(requiresSource(settings) ? ['require_source = yes'] : []), ...target.lines];
  if (hasCommand) return commandDoor(settings, times, common);
  const ports = [...new Set(asked.map(renderWantedPort))].filter((port) => !barred.includes(port));
  if (asked.length > 0 && ports.length === 0)
    return 'RESTRICT_PORTS has all the ports that it may open: nothing is left to open';
  if (ports.length === 0)
    return 'it opens any port that a client asks for: name those that it may, with --ports tcp/22,udp/53';
  return ports.map((port) => ({
    stem: `spa-${port.replace('/', '-')}`,
    lines: [`open = ${port}`, `open_for = ${times.open}`, `max_open_for = ${times.most}`, ...common],
  }));
}

type Settings = AccessStanza['settings'];

/** In seconds. */
type Times = { readonly open: number; readonly most: number; readonly timer: number | undefined };

/** fwknopd warns of a MAX_FW_TIMEOUT below FW_ACCESS_TIMEOUT, but it limits what clients ask for alone. */
function timesOf(settings: Settings): Times {
  const seconds = (name: string, least: 0 | 1 = 0): number | undefined => {
    const setting = settings.get(name);
    return setting === undefined ? undefined : readSeconds(setting, least);
  };
  const most = seconds('MAX_FW_TIMEOUT') || DEFAULT_MAX_OPEN_FOR;
  const open = seconds('FW_ACCESS_TIMEOUT') || DEFAULT_OPEN_FOR;
  return { open, most, timer: seconds('CMD_CYCLE_TIMER', 1) };
}

/** Either name sets it; the last one counts. */
function requiresSource(settings: Settings): boolean {
  const last = [...settings.values()].findLast(({ name }) => /^REQUIRE_SOURCE(?:_ADDRESS)?$/.test(name.text));
  return last !== undefined && isYes(last.value.text);
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
const ADDRESS = /\$(?:IP|SRC)/g;
const OTHER = /\$(?:PKT_SRC|DST|PORT|PROTO|CLIENT_TIMEOUT|TIMEOUT)/;

/** fwknopd starts with no stanza that has only a part of them. Returns whether there are commands. */
function judgeCommands(settings: Settings): boolean {
  const [start, stop] = [settings.get('CMD_CYCLE_OPEN'), settings.get('CMD_CYCLE_CLOSE')];
  const wrong = ({ name, file }: AccessSetting, what: string): void => file.findings.error(name, what);
  if (start !== undefined && stop === undefined)
    wrong(start, 'CMD_CYCLE_OPEN needs CMD_CYCLE_CLOSE: add the command that closes again, or NONE');
  if (start === undefined && stop !== undefined)
    wrong(stop, 'CMD_CYCLE_CLOSE needs CMD_CYCLE_OPEN: add the command that opens');
  if (stop !== undefined && hasStop(stop) && !settings.has('CMD_CYCLE_TIMER'))
    wrong(stop, 'CMD_CYCLE_CLOSE needs CMD_CYCLE_TIMER: add the seconds after which it runs');
  return start !== undefined;
}

const hasStop = ({ value }: AccessSetting): boolean => !value.text.startsWith('NONE');

function commandDoor(
  settings: Settings,
  { open, timer = open }: Times,
  common: readonly string[],
): readonly DoorText[] | string {
  const start = settings.get('CMD_CYCLE_OPEN')?.value.text ?? '';
  const close = settings.get('CMD_CYCLE_CLOSE');
  const stop = close !== undefined && hasStop(close) ? close.value.text : undefined;
  const other = OTHER.exec(`${start} ${stop ?? ''}`)?.[0];
  if (other !== undefined)
    return `its command uses ${other}, which no command of a door knows: write a door for each port, with the port in its command`;
  const command = (text: string): string => text.replaceAll(ADDRESS, '%IP%');
  // fwknopd closes after this time, whatever the client asks for.
  const end = stop === undefined ? [] : [`stop_command = ${command(stop)}`, `cmd_timeout = ${timer}`];
  return [{ stem: 'spa-command', lines: [`start_command = ${command(start)}`, ...end, ...common] }];
}
