/**
 * fwknopd knows no sequences: one encrypted UDP packet (single packet authorization) opens. What compares is the
 * price of capturing noise with libpcap, honest packets amidst noise, and the time to the rule.
 */
import type { WorkDirectory } from '../test/lab/knockd.ts';
import type { Namespace } from '../test/lab/namespace.ts';
import { SERVER } from '../test/lab/wire.ts';

export const FWKNOPD = '/usr/sbin/fwknopd';
export const SPA_PORT = 62_201;

const KEY = Buffer.alloc(32, 'k').toString('base64');
const HMAC_KEY = Buffer.alloc(64, 'h').toString('base64');

/** As a stanza of access.conf. */
export const accessStanza = (key: string, hmacKey: string): string =>
  `SOURCE ANY\nKEY_BASE64 ${key}\nHMAC_KEY_BASE64 ${hmacKey}\nFW_ACCESS_TIMEOUT 300\n`;

/** Writes its files and returns its options. It looks at every SYN to the noise's port too, as knockd has to. */
export function writeFwknopConfig(
  directory: WorkDirectory,
  noisePort: number,
  stanzas: readonly string[] = [accessStanza(KEY, HMAC_KEY)],
): string[] {
  const config = directory.file(
    'fwknopd.conf',
    `PCAP_INTF eth0;
PCAP_FILTER udp dst port ${SPA_PORT} or tcp dst port ${noisePort};
FWKNOP_RUN_DIR ${directory.path};
`,
  );
  const access = directory.file('access.conf', stanzas.join('\n'));
  const files = ['-p', directory.file('fwknopd.pid'), '-d', directory.file('digest.cache')];
  return ['-f', '-i', 'eth0', '-c', config, '-a', access, ...files];
}

/** Asks fwknopd to let `source` in. */
export async function knockWithFwknop(client: Namespace, source: string): Promise<void> {
  const [fwknop, ...words] = fwknopCommand(source, 22);
  await client.run(fwknop, ...words);
}

export function fwknopCommand(source: string, port: number): [string, ...string[]] {
  const keys = ['--key-base64-rijndael', KEY, '--use-hmac', '--key-base64-hmac', HMAC_KEY];
  const files = ['--no-save-args', '--no-rc-file'];
  return ['fwknop', '-A', `tcp/${port}`, '-a', source, '-D', SERVER, ...keys, ...files];
}
