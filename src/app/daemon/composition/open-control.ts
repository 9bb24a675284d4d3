import { join } from 'node:path';
import type { ConfigInForce } from '../../config/config-in-force.ts';
import type { DaemonOptions } from '../../config/daemon-options.ts';
import type { State } from '../../state/open-state.ts';
import { Control, type ControlParts } from '../control/control.ts';
import { shareControl } from '../control/control-access.ts';
import type { DaemonView } from '../status/daemon-view.ts';
import { Metrics } from '../status/metrics.ts';

type OpenControlParts = Pick<ControlParts, 'guard' | 'verbs' | 'report'> & {
  readonly options: DaemonOptions;
  readonly inForce: ConfigInForce;
  readonly state: State;
  readonly name: string;
  readonly isDirectoryOpen: boolean;
  readonly view: DaemonView;
  readonly resources: AsyncDisposableStack;
};

/** Opens the control socket and the metrics. `serve` applies the access and the address of the current settings. */
export async function openControl(parts: OpenControlParts) {
  const { options, inForce, state, name, isDirectoryOpen, guard, verbs, view, report, resources } = parts;
  const own = join(options.stateDirectory, name);
  const control = new Control({
    ...{ directory: own, guard, verbs, report, version: options.version ?? 'unknown' },
    isAlone: () => state.store.isOpen,
  });
  resources.defer(() => control.close());
  await control.open(!isDirectoryOpen);
  const metrics = new Metrics(view, report);
  resources.defer(() => metrics.close());
  const serve = (): void => {
    const { controlGroup, metrics: place } = inForce.current.settings;
    if (control.isOpen) shareControl(own, options.stateDirectory, controlGroup, report);
    metrics.serveAt(place);
  };
  state.onceOpen(() => void control.openLate().then(serve));
  return { control, serve };
}
