import type { Namespace } from './namespace.ts';
import type { Program } from './program.ts';

/** Prints what arrives at a Unix datagram socket, `--` behind each; Node.js has no such sockets, every Debian has perl. */
export const READER = `use Socket; $| = 1; socket(S, AF_UNIX, SOCK_DGRAM, 0) or die;
bind(S, pack_sockaddr_un($ARGV[0])) or die $!; print "bound\\n";
while (defined recv(S, $m, 65536, 0)) { print "$m\\n--\\n"; }`;

/** Returns when it listens at `path`. */
export async function readDatagrams(namespace: Namespace, path: string): Promise<Program> {
  const reader = namespace.start('perl', '-e', READER, path);
  await reader.saw(/bound\n/);
  return reader;
}
