import { endProcess } from './end-process.ts';
import { parseKnockdOptions } from './knockd-options.ts';
import { packageVersion } from './package-version.ts';
import { print, printLines, STDERR, STDOUT } from './print.ts';

const USAGE = 'usage: knockd [options]';

const HELP = `${USAGE}

Watches for knocks, and opens the door whose whole sequence has come, for whoever has knocked.

  -i, --interface NAME  listen on this interface, on a list such as eth0,wlan0, on any (the default), or on
                        auto: those that hold a default route
  -c, --config FILE     read this configuration (default /etc/knockd.conf)
  -d, --daemon          run in the background, once it listens
  -p, --pidfile FILE    with -d, write the process number here (default /var/run/knockd.pid); PidFile goes before it
  -g, --logfile FILE    append the log to this file; LogFile goes before it
  -v, --verbose         print the log as well
  -D, --debug           print every packet and every wrong knock too
  -l, --lookup          look up the names of addresses for the log
  -4, --only-ip-v4      leave IPv6 out
      --check           say whether the configuration is good, and end
      --read FILE       print what the packets of a pcap or pcapng file would have done, run nothing
      --state DIR       keep what has to survive a crash here (default /var/lib/bussa)
  -V, --version         print the version
  -h, --help            print this help

SIGHUP reads the configuration again; SIGTERM and SIGINT end it: every door closes, and the firewall is as it was before,
unless the configuration says On_Exit = keep.

Exit status: 0 after an orderly end, 1 after a failure, 2 for a mistake in the arguments, 77 if a permission is
missing, 78 for a mistake in the configuration.
`;

const EXIT_USAGE = 2;

async function main(args: readonly string[]): Promise<number> {
  // Node.js opens a debugger on this signal unless somebody listens to it.
  process.on('SIGUSR1', () => undefined);
  // This is the launcher's and not for the doors' commands.
  delete process.env.NODE_COMPILE_CACHE;
  const command = parseKnockdOptions(args, process.env);
  switch (command.kind) {
    case 'help':
      print(STDOUT, HELP);
      return 0;
    case 'version':
      print(STDOUT, `knockd ${await packageVersion()} (Bussa)\n`);
      return 0;
    case 'usage-error':
      printLines(STDERR, `knockd: ${command.message}`, USAGE, "Try 'knockd --help'.");
      return EXIT_USAGE;
    case 'check': {
      const { check } = await import('../app/check.ts');
      return check(command.configFile, (line) => printLines(STDOUT, line), complain);
    }
    case 'replay': {
      const { replay } = await import('../app/replay.ts');
      return replay(command, (line) => printLines(STDOUT, line), complain);
    }
    case 'daemon': {
      const { startOrRun } = await import('../app/daemon/background.ts');
      return startOrRun(command.options, complain);
    }
  }
}

function complain(line: string): void {
  printLines(STDERR, line);
}

await endProcess(await main(process.argv.slice(2)));
