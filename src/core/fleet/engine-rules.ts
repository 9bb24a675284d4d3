import { engineKeys } from './engine-keys.ts';

/**
 * A member's permissions in the engine, as a line of its `aclfile` (Valkey, and Redis from 7 on): the commands of the
 * carrier, each on its own keys. It cannot read others' keys, or delete any. `hash`: of its password, SHA-256 in
 * hexadecimal digits.
 */
export function aclLine(fleet: string, member: string, hash: string): string {
  const { stream, bans, windows, claim, questions, answersTo } = engineKeys(fleet);
  return [
    `user ${member} reset on #${hash}`,
    '-@all +ping +time +role',
    `(-@all +xadd +xread +xrange +xinfo|stream ~${stream})`,
    `(-@all +set ~${claim('*')})`,
    `(-@all +hset +hdel +hscan ~${bans} ~${windows})`,
    `(-@all +publish &${questions} &${answersTo('*')})`,
    `(-@all +subscribe &${questions} &${answersTo(member)})`,
  ].join(' ');
}

/**
 * The configuration of an engine used only for fleets, with its files in `directory` on its own host. `tlsPort` is absent if it
 * is for members on that host alone.
 */
export function engineConfig(directory: string, tlsPort: number | undefined): readonly string[] {
  const tls = [
    '# TLS alone, from everywhere, and nobody without a certificate of the fleet.',
    'bind * -::*',
    'port 0',
    `tls-port ${tlsPort}`,
    `tls-cert-file ${directory}/server.pem`,
    `tls-key-file ${directory}/server.key`,
    `tls-ca-cert-file ${directory}/ca.pem`,
    'tls-auth-clients yes',
  ];
  return [
    ...(tlsPort === undefined ? [] : tls),
    '# Who may do what. The user default is off.',
    `aclfile ${directory}/users.acl`,
    '# A restart forgets a second at most. Nothing is thrown away for want of memory.',
    'appendonly yes',
    'appendfsync everysec',
    'maxmemory-policy noeviction',
    '# A member cannot fill the memory of the others with one record.',
    'proto-max-bulk-len 1mb',
  ];
}

/** What root does there at last: the engine's user reads what is in `directory`, and nothing but that. */
export const readableBy = (directory: string, program: 'redis' | 'valkey', hasTls: boolean): string =>
  [
    `chown ${program} ${directory} ${directory}/users.acl`,
    ...(hasTls ? [`${directory}/ca.pem ${directory}/server.pem ${directory}/server.key`] : []),
    `&& systemctl restart ${program}-server`,
  ].join(' ');

/** The first line of the `aclfile`. */
export const NOBODY_ELSE = 'user default off';

/**
 * Creates, in `directory`, a certificate authority for the fleet, the engine's certificate (`names`: its host names and
 * addresses; none: it has one), and one for each member. For sh(1), run by root on the engine's host.
 */
export function certificateScript(
  directory: string,
  names: readonly string[],
  members: readonly string[],
): readonly string[] {
  const alternatives = names.map((name) => `${/^[0-9.]+$|:/.test(name) ? 'IP' : 'DNS'}:${name}`).join(',');
  const [first = 'engine'] = names;
  return [
    `mkdir -p ${directory}; chmod 700 ${directory}; cd ${directory}; umask 077`,
    '[ -e ca.key ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=fleet authority" -keyout ca.key -out ca.pem',
    'sign() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -keyout "$1.key" -out "$1.csr" &&',
    '  printf "%s\\n" "$3" | openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -extfile /dev/stdin -out "$1.pem"; }',
    ...(names.length === 0 ? [] : [`sign server ${first} 'subjectAltName=${alternatives}'`]),
    ...members.map((member) => `sign ${member} ${member} 'extendedKeyUsage=clientAuth'`),
  ];
}
