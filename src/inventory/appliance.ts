import {VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {retrieveProperties} from '../vim25/property-collector.js';
import {optionValues, textValue} from '../vim25/property-value.js';
import type {Session} from '../vim25/session.js';
import type {Vch} from './vch.js';

/** An appliance as one reading shows it, its ExtraConfig whole. */
export interface Appliance {
  readonly config: ExtraConfig;
  /** vSphere's mark of this reading; goes into the write that is decided on it. */
  readonly changeVersion: string;
  readonly powerState: string | null;
}

/** Reads a VCH's appliance. */
export async function readAppliance(session: Session, vch: Vch): Promise<Appliance> {
  const [content] = await retrieveProperties(
    session,
    [{obj: vch.ref}],
    [
      {
        type: 'VirtualMachine',
        pathSet: ['config.changeVersion', 'config.extraConfig', 'runtime.powerState'],
      },
    ],
    ({properties}) => properties,
  );
  const changeVersion = textValue(content?.get('config.changeVersion'));
  if (content === undefined || changeVersion === null) {
    throw new VchError(
      'VCH_ERR_HOST_UNREACHABLE',
      `${vch.summary.name} (${vch.ref.value}) shows no configuration; bring its host or datastore back and run the same command again`,
    );
  }
  const options = optionValues(content.get('config.extraConfig'));
  return {
    config: Object.fromEntries(options.map(({key, value}) => [key, value])),
    changeVersion,
    powerState: textValue(content.get('runtime.powerState')),
  };
}
