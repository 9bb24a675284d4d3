import type { Sequence, SequenceStep } from '../door/sequence.ts';
import { familyOf, parseAddress } from '../net/address.ts';

/**
 * Time limit of each connection. Windows repeats a refused SYN after 500 ms, other systems an unanswered one after a
 * second.
 */
const PATIENCE_MS = 200;

/**
 * The knocks for bash on macOS and Linux, without any other program. Each connection is aborted before the system
 * repeats its SYN, which would be a wrong knock.
 */
export function renderBashKnock(host: string, sequence: Sequence): string {
  const places = sequence.map(({ protocol, port }) => `${protocol}/${host}/${port}`).join(' ');
  const knock = `(printf "\\0" >/dev/$p) 2>/dev/null & sleep ${PATIENCE_MS / 1000}; kill $! 2>/dev/null || :`;
  return `bash -c 'for p in ${places}; do ${knock}; done'`;
}

/** The same for PowerShell, by .NET: `Test-NetConnection` takes seconds per port, and sends a ping too. */
export function renderPowerShellKnock(host: string, sequence: Sequence): string {
  const address = parseAddress(host);
  // In Windows PowerShell 5 a client without a family uses IPv4.
  const family = address !== undefined && familyOf(address) === 6 ? "'InterNetworkV6'" : '';
  const knocks = sequence.map((step) => powerShellStep(host, family, step));
  const isAllTcp = sequence.every(({ protocol }) => protocol === 'tcp');
  if (!isAllTcp) return knocks.join('; ');
  const ports = sequence.map(({ port }) => port).join(',');
  return `foreach ($p in ${ports}) { ${tcpStep(host, family, '$p')} }`;
}

function powerShellStep(host: string, family: string, { protocol, port }: SequenceStep): string {
  if (protocol === 'tcp') return tcpStep(host, family, String(port));
  const open = `$u = [Net.Sockets.UdpClient]::new(${family === '' ? '' : `[Net.Sockets.AddressFamily]${family}`})`;
  return `${open}; $null = $u.Send([byte[]](,0), 1, '${host}', ${port}); $u.Close(); sleep -m ${PATIENCE_MS}`;
}

function tcpStep(host: string, family: string, port: string): string {
  const open = `$c = [Net.Sockets.TcpClient]::new(${family === '' ? '' : `[Net.Sockets.AddressFamily]${family}`})`;
  return `${open}; try { $null = $c.ConnectAsync('${host}', ${port}).Wait(${PATIENCE_MS}) } catch {}; $c.Close()`;
}
