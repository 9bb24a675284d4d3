import type { Target, TargetName } from './target.ts';
import { accessConfTarget } from './targets/access-conf.ts';
import { captureFilesTarget } from './targets/capture-files.ts';
import { capturesTarget } from './targets/captures.ts';
import { configTarget } from './targets/config.ts';
import { databaseLogTarget, databaseTarget } from './targets/database.ts';
import { fleetTarget } from './targets/fleet.ts';
import { framesTarget } from './targets/frames.ts';
import { fwknoprcTarget } from './targets/fwknoprc.ts';
import { linesTarget } from './targets/lines.ts';
import { listingsTarget } from './targets/listings.ts';
import { netlinkTarget } from './targets/netlink.ts';
import { oneTimeTarget } from './targets/one-time.ts';
import { signedKnocksTarget } from './targets/signed-knocks.ts';
import { spaPacketsTarget } from './targets/spa-packets.ts';
import { usersTarget } from './targets/users.ts';

export const TARGETS: Readonly<Record<TargetName, () => Target>> = {
  frames: framesTarget,
  captures: capturesTarget,
  'capture-files': captureFilesTarget,
  config: configTarget,
  'one-time': oneTimeTarget,
  users: usersTarget,
  fwknoprc: fwknoprcTarget,
  fleet: fleetTarget,
  'signed-knocks': signedKnocksTarget,
  'spa-packets': spaPacketsTarget,
  'access-conf': accessConfTarget,
  netlink: netlinkTarget,
  listings: listingsTarget,
  database: databaseTarget,
  'database-log': databaseLogTarget,
  lines: linesTarget,
};
