import type { Program } from '../lab/program.ts';
import { SERVER, Wire } from '../lab/wire.ts';
import { ClientFixture } from './client-fixture.ts';
import { BUSSA } from './up-fixture.ts';

const FWKNOPD = '/usr/sbin/fwknopd';

/** What most hosts with fwknopd have: nothing gets in that it has not let in. */
const WALL =
  '*filter\n:INPUT DROP\n-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT\nCOMMIT\n';

/** A client, and a server that Debian's fwknopd guards. Its rules are the judge of what a packet has opened. */
export class FwknopdFixture extends ClientFixture {
  static async open(): Promise<FwknopdFixture> {
    const stage = new FwknopdFixture(await Wire.create());
    await stage.wire.server.run('iptables-restore', stage.directory.file('wall', WALL));
    return stage;
  }

  async startFwknopd(access: string, settings = ''): Promise<Program> {
    const { directory, wire } = this;
    const config = directory.file(
      'fwknopd.conf',
      `PCAP_INTF eth0;\nFWKNOP_RUN_DIR ${directory.path};\nPCAP_FILTER udp port 62201;\n${settings}`,
    );
    const files = ['-p', directory.file('fwknopd.pid'), '-d', directory.file('digest.cache')];
    const options = ['-f', '-i', 'eth0', '-c', config, '-a', directory.file('access.conf', access), ...files];
    const fwknopd = wire.server.start(FWKNOPD, ...options);
    await fwknopd.saw(/Starting fwknopd main event loop|sniffing interface/i);
    return fwknopd;
  }

  /** The rules that let somebody in, as the kernel has them. */
  async rules(): Promise<string> {
    return this.wire.server.run('iptables', '-S', 'FWKNOP_INPUT');
  }

  profile(name: string, ...lines: readonly string[]): string {
    return [`Host ${name}`, `HostName ${SERVER}`, ...lines, ''].join('\n');
  }

  knock(name: string, ...options: readonly string[]): Program {
    return this.wire.client.start(BUSSA, 'knock', '-F', this.hosts, ...options, name);
  }
}
