// What doctor says of the next boot where systemd runs, for a daemon that no service has started: as on trial from a clone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUSSA, WorkDirectory } from '../lab/knockd.ts';
import { Namespace } from '../lab/namespace.ts';

const PACKAGED = new URL('../../packaging/knockd.service', import.meta.url).pathname;
const FOREIGN = '[Service]\nExecStart=/usr/sbin/knockd -d\n[Install]\nWantedBy=multi-user.target\n';

/** Directories of units that are the test's own, and systemd's sign that it runs. */
const UNITS = `mount -t tmpfs none /run && mkdir -p /run/systemd/system
for units in /etc/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
  [ ! -d $units ] || mount -t tmpfs none $units
done`;

for (const [what, arrange, hint] of [
  ['no service is installed', ':', /^no service starts this daemon: start it at boot with: .*knockd -d -c /],
  [
    'the service reads no file with options',
    `printf '${FOREIGN.replaceAll('\n', '\\n')}' > /etc/systemd/system/knockd.service`,
    /^no service starts this daemon: start it at boot with: .*knockd -d -c /,
  ],
  [
    'the service reads its options from a file',
    `cp ${PACKAGED} /etc/systemd/system/knockd.service`,
    /put its options into KNOCKD_OPTS in \/etc\/default\/knockd/,
  ],
] as const) {
  test(`${what}: /etc/default/knockd is named only where the service needs it`, async () => {
    await using namespace = await Namespace.create();
    using directory = new WorkDirectory();
    const config = directory.file('knockd.conf', '[door]\n  sequence = 7000\n  command = true\n');
    const place = `-c ${config} --state ${directory.path}`;
    const output = await namespace.run(
      ...(['unshare', '-m', 'sh', '-c'] as const),
      `${UNITS}\n${arrange}\n${BUSSA.join(' ')} doctor ${place} --json || true`,
    );
    const { findings } = JSON.parse(output) as { findings: { id: string; hint?: string }[] };
    assert.match(findings.find(({ id }) => id === 'service-enabled')?.hint ?? output, hint);
  });
}
