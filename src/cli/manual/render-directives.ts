import type { DirectiveInfo, ManualList } from '../../core/config/file/declared.ts';
import { DIRECTIVES } from '../../core/config/file/directives.ts';
import { renderText } from './render-mdoc.ts';

/** Columns of source text. */
const WIDTH = 70;

/** The directives of one list of knockd.conf(5). */
export function renderDirectives(list: ManualList): string {
  const items = DIRECTIVES.filter(({ help }) => help.list === list).map(renderItem);
  return `.Bl -tag -width Ds\n${items.join('')}.El\n`;
}

/** Directives that knockd does not have, for the end of a sentence. */
export function renderNewDirectives(): string {
  const names = DIRECTIVES.filter(({ isNew }) => isNew === true).map(({ name }) => name);
  const lines: string[] = [];
  let line = '.Cm';
  for (const name of ['Open_For', ...names]) {
    if (line.length + name.length > WIDTH) {
      lines.push(line);
      line = '.Cm';
    }
    line += ` ${name} ,`;
  }
  return `${[...lines, line].join('\n').slice(0, -1)}.\n`;
}

/** The table of [options] in docs/configuration.md. */
export function renderOptionsTable(): string {
  const own = DIRECTIVES.filter(({ help }) => help.list === 'options').map(
    ({ name, help: { text, default: absent = '' }, example = '' }) =>
      `| \`${name}\` | ${text} | ${absent} | \`${example}\` |\n`,
  );
  const shared = DIRECTIVES.filter(({ section, help }) => section === 'any' && help.list !== 'options');
  const names = shared.map(({ name }) => `\`${name}\``).join(', ');
  const forAll = `| ${names} | They apply to every [door](#doors) that does not set them. | those of the door | \`On_Open = /usr/local/bin/tell\` |\n`;
  return `| directive | meaning | default | example |\n|---|---|---|---|\n${own.join('')}${forAll}`;
}

/** The table of [fleet] in docs/configuration.md. */
export function renderFleetTable(): string {
  const rows = DIRECTIVES.filter(({ section }) => section === 'fleet').map(
    ({ name, help: { text, default: absent = '' } }) => `| \`${name}\` | ${text} | ${absent} |\n`,
  );
  return `| directive | meaning | default |\n|---|---|---|\n${rows.join('')}`;
}

function renderItem({ name, alias, help }: DirectiveInfo): string {
  const value = renderValue(help.value);
  const tags = [name, alias].filter((word) => word !== undefined);
  const text = withoutLinks(help.text);
  const absent = help.default === undefined ? '' : ` The default is ${help.default}.`;
  return `${tags.map((word) => `.It Cm ${word} No = ${value}\n`).join('')}${renderText(`${text}${absent}`)}`;
}

/** WORDS IN CAPITALS are placeholders. */
const renderValue = (value: string): string =>
  value.replaceAll(/[A-Z]+|[a-z]+/g, (word) =>
    word < 'a' ? `\\fI${word.toLowerCase()}\\fR` : `\\fB${word}\\fR`,
  );

/** A manual page has no links. */
const withoutLinks = (text: string): string =>
  text.replaceAll(/ \(\[[^\]]+\.md\]\([^)]*\)\)/g, '').replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1');
