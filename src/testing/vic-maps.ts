import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {readTemplates} from '../simulator/fixture/templates.js';
import {IDENTITY, NAME} from '../simulator/model/extra-config.js';

/** The file of VIC-encoded maps in this package, for documents that extend them. */
export function vicMapsFile(): string {
  const manifest = createRequire(import.meta.url).resolve('vch-migrate/package.json');
  return join(dirname(manifest), 'fixtures', 'vic-encoded.jsonl');
}

/** One of VIC's maps, of this container or appliance. */
export function vicMap(
  map: string,
  {identity, name}: {readonly identity: string; readonly name: string},
): ExtraConfig {
  const maps = readTemplates(vicMapsFile());
  const template = maps.get(map);
  if (template === undefined)
    throw new VchError('VCH_ERR_USAGE', `there is no map ${map}, only ${[...maps.keys()].join(', ')}`);
  const own = (text: string) => text.replaceAll(IDENTITY, () => identity).replaceAll(NAME, () => name);
  return Object.fromEntries([...template.config].map(([key, value]) => [own(key), own(value)]));
}
