import { type AttachPoint, parseAttachPoint } from '../../core/door/attach-point.ts';
import { OWN_TABLE } from '../../core/nft/table.ts';
import { listRules } from '../../host/firewall/choice/list-rules.ts';
import { KernelRoutes } from '../../host/interfaces/host-routes.ts';
import { entryPointsOf } from './entry-points.ts';
import { type ExposureQuestion, spreadPorts } from './judge-exposure.ts';
import { StrangerJudge } from './stranger-judge.ts';

/** Chains of the owner's nftables rules that drop a door's port: only what is accepted there gets in. */
export async function findClosers({ ports, interfaces, choice }: ExposureQuestion): Promise<AttachPoint[]> {
  const judged = spreadPorts(ports);
  if (judged.length === 0) return [];
  const listing = await listRules();
  if (listing.nft === undefined) return [];
  using routes = new KernelRoutes(interfaces);
  const judge = new StrangerJudge(listing, {
    interfaces,
    entrances: entryPointsOf(interfaces, choice, routes),
    routes,
  });
  const found = judge.families.flatMap((family) => judged.flatMap((port) => judge.closersOf(port, family)));
  const names = new Set(found.map(({ place }) => `${place.family} ${place.table} ${place.chain}`));
  return [...names]
    .filter((name) => !name.startsWith(`${OWN_TABLE.family} ${OWN_TABLE.table} `))
    .flatMap((name) => parseAttachPoint(name) ?? []);
}
