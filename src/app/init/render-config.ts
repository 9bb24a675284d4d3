import { renderPortOpening } from '../../core/door/port-opening.ts';
import type { Sequence } from '../../core/door/sequence.ts';
import type { InitRequest } from './init-request.ts';

/** The knocks in a client's form: `7000 8000:udp 9000`. */
export function renderKnocks(sequence: Sequence): string {
  return sequence.map(({ protocol, port }) => (protocol === 'tcp' ? `${port}` : `${port}:udp`)).join(' ');
}

/** The command that a client types. */
export function renderKnockLine(host: string, sequence: Sequence): string {
  return `knock -d 100 ${host} ${renderKnocks(sequence)}`;
}

/** A `knockd.conf` with one door. */
export function renderConfig(
  { door, ports, openFor, host }: InitRequest,
  sequence: Sequence,
  firewall: string,
  date: string,
): string {
  const hidden = ports.map(renderPortOpening).join(', ');
  return `# Made by \`bussa init\` on ${date}. Every directive: man knockd.conf. \`bussa check\` judges what you change,
# \`bussa reload\` has the daemon read it again.
#
# SECRET: whoever reads a sequence in this file can knock. Its mode stays 0600.

[options]
	UseSyslog

# Closed to all but those who have knocked: ${hidden}.
[${door}]
	# The ports to knock at, in this order. From outside:
	#   ${renderKnockLine(host, sequence)}
	sequence    = ${sequence.map(({ protocol, port }) => (protocol === 'tcp' ? `${port}` : `${port}:udp`)).join(',')}
	# Seconds in which all of them have to come.
	seq_timeout = 10
	# Only a packet that begins a connection is a knock.
	tcpflags    = syn
	# Opened for the address that has knocked, and for no other. The firewall found here: ${firewall}
	open        = ${hidden}
	# How long new connections get in. Those that are made in that time live on.
	open_for    = ${openFor}
`;
}

/** For ~/.ssh/config on the client. */
export function renderSshStanza({ door, ports, host }: InitRequest): readonly string[] {
  const port = ports[0].first;
  return [
    `Host ${door === 'ssh' ? host : door}`,
    ...(door === 'ssh' ? [] : [`    HostName ${host}`]),
    ...(port === 22 ? [] : [`    Port ${port}`]),
    // The profile has the name of the host: the one typed, or the HostName above.
    `    ProxyCommand bussa connect ${door === 'ssh' ? '%n' : '%h'} %p`,
  ];
}

/** For ~/.config/bussa/hosts.conf on the client. */
export function renderProfile({ ports, host }: InitRequest, sequence: Sequence): readonly string[] {
  return [
    `Host ${host}`,
    `    HostName ${host}`,
    `    Port ${ports[0].first}`,
    `    Knock ${renderKnocks(sequence)}`,
  ];
}
