import {counted} from '../../counted.js';
import {markup} from '../markup.js';
import type {Report, ReportChange} from '../report.js';
import {paragraph, section} from './elements.js';
import {changeRows} from './keys.js';

/** What keys of the appliance are for, in the order of interest. */
const PURPOSES: readonly (readonly [purpose: string, keys: RegExp])[] = [
  ['Version', /^guestinfo\.vice\.\/init\/version\//],
  ['Boot files', /\/bootstrap_image_path$/],
  ['Insecure registries', /\/registry\//],
  ['Proxy of vicadmin', /\|vicadmin\/cmd\/Env~$/],
  ['Services that start', /\/init\/sessions\|[^/]+\/active$/],
  ['Hidden name', /^init\/common\/name$/],
  ['Others', /(?:)/],
];
/** Each boot of the guest clears and sets these. */
const BY_EACH_BOOT = /^guestinfo\.vice\.\.init\.sessions\|.*\.started$/;

/** The appliance's changes, apart from those of the containerVMs. */
export function appliance({vms}: Report): string {
  const vm = vms.find(({kind}) => kind === 'appliance');
  if (vm === undefined || vm.changes.length === 0) return '';
  const changes = vm.changes.filter(({key}) => !BY_EACH_BOOT.test(key));
  const booted = vm.changes.length - changes.length;
  const groups = PURPOSES.map(
    ([purpose]) => [purpose, changes.filter(({key}) => purposeOf(key) === purpose)] as const,
  );
  const rows = groups.flatMap(([purpose, of]) =>
    of.length === 0
      ? []
      : [
          `<tr class="g"><th scope="colgroup" colspan="3">${purpose}</th></tr>${changeRows(of.toSorted(byKey))}`,
        ],
  );
  const left =
    booted === 0
      ? ''
      : `${counted(booted, 'more key')} that every boot clears ${booted === 1 ? 'is' : 'are'} left out here; the JSON report has ${booted === 1 ? 'it' : 'them'}.`;
  const table =
    '<table class="kv"><caption class="vh">Changes of the appliance</caption>' +
    '<thead><tr><th scope="col">Key</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>' +
    `<tbody>${rows.join('')}</tbody></table>`;
  const verb = vm.status === 'pending' ? 'would change' : 'changed, each read back';
  return section('appliance', 'Appliance', `${paragraph(left, 'dim')}${table}`, {
    note: `${markup(counted(changes.length, 'key'))} ${verb}`,
    css: 'p2',
  });
}

function purposeOf(key: string): string | undefined {
  return PURPOSES.find(([, keys]) => keys.test(key))?.[0];
}

/** The version itself first. */
function byKey(a: ReportChange, b: ReportChange): number {
  const rank = ({key}: ReportChange) => (key.endsWith('/Version') ? 0 : key.endsWith('/BuildNumber') ? 1 : 2);
  return rank(a) - rank(b) || (a.key < b.key ? -1 : 1);
}
