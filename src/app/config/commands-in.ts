import type { Config } from '../../core/config/file/config.ts';
import type { Commands } from '../../core/door/opening.ts';
import { escapeText } from '../../core/text/quote-text.ts';

/** Names what in a configuration runs the operator's programs, for a message. Empty: nothing does. */
export function commandsIn({ doors, settings }: Config): string[] {
  const has = ({ start, stop }: Commands): boolean => start !== undefined || stop !== undefined;
  const hasHooks = (hooks: object | undefined): boolean => Object.keys(hooks ?? {}).length > 0;
  return [
    ...(hasHooks(settings.hooks) ? ['the hooks of [options]'] : []),
    ...doors.flatMap(({ name, opening, hooks }) => [
      ...(Object.values(opening.commands).some(has) ? [`the commands of [${escapeText(name)}]`] : []),
      ...(hasHooks(hooks) ? [`the hooks of [${escapeText(name)}]`] : []),
    ]),
  ];
}
