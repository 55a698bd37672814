import {ROOT} from '../test/peers.js';
import type {Programs} from './build.js';
import type {Command} from './measure.js';

/** The CLI as it is installed. */
export const CLI = `${ROOT}dist/cli/main.js`;

/** Calls at once, and half as many as the tasks that may be unfinished: the same for every client that has such bounds. */
export const PARALLELISM = 16;

/** What can migrate the containerVMs of the VCH on a target. */
export interface Client {
  readonly name: string;
  readonly title: string;
  /** It takes one containerVM after the other, so a few of them tell how long all would take. */
  readonly sample?: number;
  command(url: string): Command;
}

/** A command of ours on a target. Nothing of the person who runs the benchmark is taken for a setting. */
export function vchMigrate(url: string, args: readonly string[], cli = CLI): Command {
  return {
    program: process.execPath,
    args: [cli, ...args],
    env: {
      GOVC_URL: url,
      GOVC_INSECURE: '1',
      ...Object.fromEntries(
        [
          'GOVC_USERNAME',
          'GOVC_PASSWORD',
          'VIC_MACHINE_TARGET',
          'VIC_MACHINE_USER',
          'VIC_MACHINE_PASSWORD',
        ].map((name) => [name, '']),
      ),
    },
  };
}

/** The arguments of an `apply` that writes its whole report. */
export const APPLY = `apply --name vch1 --yes --quiet --format json --parallelism ${PARALLELISM}`.split(' ');

/** Every client, for a VCH of so many containerVMs. The first is what the others are compared with. */
export function clientsOf({leastWork, before, python, govc}: Programs, vms: number): readonly Client[] {
  const [forPython, forGovc] = [Math.min(200, vms), Math.min(10, vms)];
  const go = (mode: string, url: string): Command => ({
    program: leastWork,
    args: ['-mode', mode, '-p', String(PARALLELISM), '-window', String(2 * PARALLELISM), '-u', url],
  });
  return [
    {name: 'least-work', title: 'least work, in Go', command: (url) => go('least', url)},
    {name: 'vch-migrate', title: 'vch-migrate apply', command: (url) => vchMigrate(url, APPLY)},
    ...(before === undefined
      ? []
      : [
          {
            name: 'before',
            title: 'vch-migrate apply, before',
            command: (url: string) => vchMigrate(url, APPLY, before),
          },
        ]),
    {name: 'vic', title: "VIC's way, in Go", command: (url) => go('vic', url)},
    {
      name: 'pyvmomi',
      title: 'pyVmomi script',
      sample: forPython,
      command: (url) => ({program: python, args: [`${ROOT}bench/pyvmomi.py`, url, String(forPython)]}),
    },
    {
      name: 'govc',
      title: 'govc loop',
      sample: forGovc,
      command: (url) => ({program: 'sh', args: [`${ROOT}bench/govc-loop.sh`, govc, url, String(forGovc)]}),
    },
  ];
}
