import { gate } from '../lab/example-gates.ts';
import type { Situation } from './firewall-stage.ts';
import { IPTABLES_SITUATIONS } from './iptables-situations.ts';
import { NFTABLES_SITUATIONS } from './nftables-situations.ts';

/** A new adapter or host is one more entry. */
export const SITUATIONS: readonly Situation[] = [...NFTABLES_SITUATIONS, ...IPTABLES_SITUATIONS];

/** The name is as hostile as the configuration lets it be. */
export const DOOR = 'my "door"; flush ruleset #ü';
export const GATES = [gate(DOOR, 'tcp/22, tcp/8000-8010, udp/51820'), gate('web', 'tcp/8080 forward')];
export const MINUTE = 60_000;
