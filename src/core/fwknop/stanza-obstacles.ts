import { DISPENSABLE, isGpgName, OBSTACLES } from './access-settings.ts';
import type { AccessSetting, AccessStanza } from './read-access.ts';
import { isGpgAlone } from './stanza-keys.ts';

/** A setting that is left out, and what Bussa has instead. */
type Skipped = { readonly at: AccessSetting; readonly why: string };

/** What the stanza works without. */
export function dispensableIn(settings: AccessStanza['settings']): readonly Skipped[] {
  const skipped = [...settings.values()].flatMap((at) => {
    const one = DISPENSABLE[at.name.text];
    return one?.isSet(at.value.text) === true ? [{ at, why: one.why }] : [];
  });
  const gpg = [...settings.values()].find(({ name }) => isGpgName(name.text));
  const isMixed = gpg !== undefined && !isGpgAlone(settings);
  const ports = settings.has('CMD_CYCLE_OPEN') ? settings.get('OPEN_PORTS') : undefined;
  return [
    ...skipped,
    ...(isMixed ? [{ at: gpg, why: GPG }] : []),
    ...(ports === undefined ? [] : [{ at: ports, why: COMMAND_PORTS }]),
  ];
}

const GPG = 'GPG packets: give the user an SSH key with `bussa user add NAME KEY.pub`, or fwknop keys';
const COMMAND_PORTS =
  'the ports of a stanza with a command: its door runs the command, whichever port a packet asks for';

/** What the stanza cannot do without. */
export function obstacleOf(stanza: AccessStanza): Skipped | undefined {
  const { settings, source } = stanza;
  if (isGpgAlone(settings))
    return { at: [...settings.values()].find(({ name }) => isGpgName(name.text)) ?? source, why: GPG };
  for (const [name, { isSet, why }] of Object.entries(OBSTACLES)) {
    const at = settings.get(name);
    if (at !== undefined && isSet(at.value.text)) return { at, why };
  }
  return undefined;
}
