import { C_KNOCK } from '../test/lab/knockd.ts';
import { SERVER } from '../test/lab/wire.ts';
import { FeltFixture, PORTS } from './felt-fixture.ts';
import type { Samples } from './samples.ts';

/** One way, in milliseconds: the same room, the same country, another continent. */
export const WAYS = [0, 10, 50] as const;

/** Between two knocks, for `knock` and in the profile. */
const DELAY_MS = 50;

export const POLICIES = ['answers', 'drops'] as const;

/**
 * What a person waits for: `ssh HOST true` from its start to its end, with a real sshd. Through `bussa connect` at a port
 * that is hidden, by ports and by key; beside it the same ssh to a port that is open, `knock && ssh` with the C client and
 * the same delay, and `fwknop && ssh`. The variants take turns.
 */
export async function measureFelt(samples: Samples, rounds: number): Promise<void> {
  for (const way of WAYS) {
    await using stage = await FeltFixture.open(way);
    for (const policy of POLICIES) {
      console.error(`felt speed: ${rounds} logins of each, ${2 * way} ms of round trip, the host ${policy}`);
      await stage.setPolicy(policy);
      for (let round = 0; round < rounds; round++)
        await measureRound(stage, samples, `felt.${2 * way}.${policy}`);
    }
  }
}

async function measureRound(stage: FeltFixture, samples: Samples, figure: string): Promise<void> {
  const open = await stage.time(stage.open());
  const add = async (what: string, name: 'Bussa' | 'knockd' | 'fwknopd', command: readonly string[]) => {
    await stage.shut();
    const time = await stage.time(command);
    samples.add(`${figure}.${what}`, name, time);
    samples.add(`${figure}.${what}.more`, name, time - open);
  };
  samples.add(`${figure}.open`, 'Bussa', open);
  await add('ports', 'Bussa', stage.through(''));
  await add('delay', 'Bussa', stage.through(`  Delay ${DELAY_MS}ms\n`));
  await add('delay', 'knockd', knockFirst(stage));
  await add('key', 'Bussa', stage.byKey());
  await add('key', 'fwknopd', stage.afterFwknop());
}

function knockFirst(stage: FeltFixture): string[] {
  const words = [C_KNOCK, '-d', `${DELAY_MS}`, SERVER, ...PORTS].join(' ');
  return ['sh', '-c', `${words} && exec "$@"`, 'sh', ...stage.hidden()];
}
