import { MAX_PORT, type Port, parsePort } from '../../net/port.ts';
import { DEFAULT_SPA_PORT, SPA_TRANSPORTS, type SpaTransport } from '../../spa/spa-transport.ts';
import type { Findings } from '../../text/findings.ts';
import { nearestWord } from '../../text/nearest-word.ts';
import { quoteText } from '../../text/quote-text.ts';
import { splitWord, type Word } from '../../text/word.ts';
import type { Declared } from './declared.ts';
import { isGiven, type SettingsDraft } from './settings-draft.ts';

/** Settings for fwknop packets. */
export const SPA_DIRECTIVES = [
  {
    name: 'SPA_Port',
    section: 'options',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'options',
      value: 'PORT',
      text: 'The port that packets of fwknop are sent to by UDP and TCP, where a door has `accept = spa`. Nothing listens there.',
      default: `\`${DEFAULT_SPA_PORT}\`, as fwknop`,
    },
    example: 'SPA_Port = 62201',
    read: (entry, draft, findings) => {
      const port = isGiven(entry, findings) ? parseSpaPort(entry.value, findings) : undefined;
      if (port !== undefined) draft.spaPort = port;
    },
  },
  {
    name: 'SPA_Transports',
    section: 'options',
    repeated: 'last',
    isNew: true,
    value: 'word',
    help: {
      list: 'options',
      value: 'udp,icmp,tcp,http',
      text: 'How packets of fwknop may arrive: `udp`, `icmp`, as one TCP segment (`tcp`), or as a request to a web server at port 80 or `SPA_Port` (`http`).',
      default: 'all four',
    },
    example: 'SPA_Transports = udp',
    read: (entry, draft, findings) => {
      if (isGiven(entry, findings)) draft.spaTransports = parseTransports(entry.value, findings);
    },
  },
] as const satisfies readonly Declared<SettingsDraft>[];

function parseSpaPort(value: Word, findings: Findings): Port | undefined {
  const port = parsePort(value.text);
  if (port === undefined)
    findings.error(value, `${quoteText(value.text)} is not a port: write one from 1 to ${MAX_PORT}`);
  return port;
}

function parseTransports(list: Word, findings: Findings): readonly SpaTransport[] {
  const found: SpaTransport[] = [];
  for (const word of splitWord(list, ',', SPA_TRANSPORTS.length + 1)) {
    const transport = SPA_TRANSPORTS.find((one) => one === word.text.toLowerCase());
    if (transport !== undefined) found.push(transport);
    else {
      const near = nearestWord(word.text, SPA_TRANSPORTS);
      const guess = near === undefined ? '' : `did you mean ${near}? `;
      const wrong = word.text === '' ? 'a transport is missing' : `${quoteText(word.text)} is no transport`;
      findings.error(word, `${wrong}: ${guess}there are ${SPA_TRANSPORTS.join(', ')}`);
    }
  }
  return [...new Set(found)];
}
