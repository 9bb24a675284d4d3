import { KNOCKD, type WorkDirectory } from '../test/lab/knockd.ts';
import { FloodFixture, openFlood } from './flood-fixture.ts';

const PORTS = [7001, 7002, 7003] as const;

const CONFIG = `[options]
  firewall = nftables

[load]
  sequence = ${PORTS.map((port) => `${port}:udp`).join(',')}
  seq_timeout = 5
  open = tcp/22
  open_for = 3s
`;

/** A daemon whose door opens and closes all the time. */
export class LoadFixture extends FloodFixture {
  static async open(): Promise<LoadFixture> {
    const command = (directory: WorkDirectory): readonly string[] => {
      const file = directory.file('knockd.conf', CONFIG);
      return [...KNOCKD, '-c', file, '-i', 'eth0', '--state', directory.path];
    };
    return new LoadFixture(await openFlood('Bussa', command));
  }

  get port(): number {
    return PORTS[0];
  }

  /** The sequence of each of so many sources. */
  writeKnocks(sources: number): string {
    const payload = Uint8Array.of(0);
    return this.writeAll(Array.from({ length: sources }, () => PORTS.map((port) => ({ port, payload }))));
  }
}
