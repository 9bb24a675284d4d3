import { KNOCKD, type WorkDirectory } from '../test/lab/knockd.ts';
import { CLIENT, SERVER } from '../test/lab/wire.ts';
import { type Contestant, FloodFixture, openFlood, type SceneParts } from './flood-fixture.ts';
import { FWKNOPD, knockWithFwknop, SPA_PORT, writeFwknopConfig } from './fwknop.ts';
import { QuickSigner, SIGNED_PORT } from './signed-traffic.ts';

/** A signed knock opens `key`, a sequence opens `ports`. */
export const SEQUENCE = ['7000', '8000', '9000'] as const;

const doors = (signer: QuickSigner): string => `[options]
  firewall = nftables
${signer.options}
[key]
  accept = key
  open = tcp/22
  open_for = 1m

[ports]
  sequence = ${SEQUENCE.join(',')}
  seq_timeout = 5
  tcpflags = syn
  open = tcp/23
  open_for = 1
`;

/** Bussa that takes signed knocks, or fwknopd. */
export class SignedFixture extends FloodFixture {
  readonly signer: QuickSigner;
  #honest = 0;

  private constructor(parts: SceneParts, signer: QuickSigner) {
    super(parts);
    this.signer = signer;
  }

  static async open(name: Contestant, users: number): Promise<SignedFixture> {
    let signer: QuickSigner | undefined;
    const command = (directory: WorkDirectory): readonly string[] => {
      signer = new QuickSigner(directory, users);
      if (name === 'fwknopd') return [FWKNOPD, ...writeFwknopConfig(directory, 7000)];
      const file = directory.file('knockd.conf', doors(signer));
      return [...KNOCKD, '-v', '-c', file, '-i', 'eth0', '--state', directory.path];
    };
    const parts = await openFlood(name, command);
    return new SignedFixture(parts, signer as QuickSigner);
  }

  get port(): number {
    return this.name === 'fwknopd' ? SPA_PORT : SIGNED_PORT;
  }

  /** One honest packet, of the next user. */
  async knock(): Promise<void> {
    this.#honest += 1;
    if (this.name === 'fwknopd') await knockWithFwknop(this.wire.client, `10.64.0.${this.#honest}`);
    else await this.sender.send(CLIENT, SERVER, SIGNED_PORT, this.signer.knock(this.#honest));
  }

  /** Opened to honest packets so far. */
  get opened(): number {
    return this.daemon.count(
      this.name === 'fwknopd' ? /Added access rule to/g : /: key: \w+: OPEN SESAME \(key/g,
    );
  }
}
