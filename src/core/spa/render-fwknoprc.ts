import { renderPaddedBase64 } from '../bytes/base64.ts';
import type { SpaCredential } from './spa-credential.ts';
import { renderWantedPort, type WantedPort } from './spa-request.ts';
import { DEFAULT_SPA_PORT } from './spa-transport.ts';

export type FwknoprcStanza = {
  readonly host: string;
  readonly port: number;
  readonly access: readonly WantedPort[];
  /** The client asks a web server for its outside address. False: the packet's own source is used. */
  readonly resolves: boolean;
  readonly credential: SpaCredential;
};

/** A stanza of ~/.fwknoprc, in the form of fwknop(8). */
export function renderFwknoprc({ host, port, access, resolves, credential }: FwknoprcStanza): string[] {
  const { mode, key, hmac } = credential;
  const settings = [
    ['SPA_SERVER', host],
    ...(port === DEFAULT_SPA_PORT ? [] : [['SPA_SERVER_PORT', `${port}`]]),
    ...(access.length === 0 ? [] : [['ACCESS', access.map(renderWantedPort).join(',')]]),
    ['ALLOW_IP', resolves ? 'resolve' : 'source'],
    ...(mode === 'cbc' ? [] : [['ENCRYPTION_MODE', mode.toUpperCase()]]),
    ['KEY_BASE64', renderPaddedBase64(key)],
    ...(hmac === undefined
      ? []
      : [
          ['USE_HMAC', 'Y'],
          ['HMAC_KEY_BASE64', renderPaddedBase64(hmac.key)],
          ['HMAC_DIGEST_TYPE', hmac.name.toUpperCase()],
        ]),
  ];
  return [`[${host}]`, ...settings.map(([name = '', value = '']) => `${name.padEnd(17)} ${value}`)];
}

/** The credential as a line of the users file. */
export function renderSpaLine({ mode, key, hmac }: SpaCredential, spaUser?: string): string {
  const words = [
    ...['key', renderPaddedBase64(key)],
    ...(hmac === undefined ? ['no-hmac'] : ['hmac', renderPaddedBase64(hmac.key), hmac.name]),
    mode,
    ...(spaUser === undefined ? [] : ['user', /\s/.test(spaUser) ? `"${spaUser}"` : spaUser]),
  ];
  return `spa = ${words.join(' ')}`;
}
