import {dirname} from 'node:path';
import {expect} from 'chai';
import {type Simulator, startSimulator} from '../../src/simulator/simulator.js';
import {sampleOf} from '../depth.js';
import {startProcess} from '../on-simulator.js';
import {runWell} from '../peers/run.js';
import {startVcsim} from '../peers/vcsim.js';
import {describeWithPeers, type Peers, ROOT} from '../peers.js';
import type {Report} from './vch-migrate.js';

const BUILD = 'guestinfo.vice./init/version/BuildNumber';

/** A vCenter, whoever imitates it, and what its user types. */
interface Place {
  readonly status: () => Promise<Report>;
  readonly govc: (...args: string[]) => Promise<string>;
  /** Types the lines of a command as they stand, with govc and this vch-migrate on the path. */
  readonly type: (lines: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

interface VCenter {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly thumbprint: string;
}

function placeAt(peers: Peers, vcenter: VCenter, close: () => Promise<void>): Place {
  const env = {
    PATH: `${dirname(peers.govc)}:${process.env.PATH}`,
    GOVC_URL: vcenter.url,
    GOVC_USERNAME: vcenter.user,
    GOVC_PASSWORD: vcenter.password,
    GOVC_INSECURE: '1',
    GOVC_PERSIST_SESSION: 'false',
  };
  return {
    status: async () =>
      JSON.parse((await startProcess(['status', '--name', 'vch1', '--format', 'json'], env).ended).stdout),
    govc: (...args) => runWell(peers.govc, args, {env}),
    async type(lines) {
      const said: string[] = [];
      for (const line of lines.split('\n')) {
        // The words have nothing for a shell to change.
        const [program, ...args] = line.split(' ');
        expect(line).to.match(/^[\w\s.:/@=-]+$/);
        if (program === 'govc') said.push(await runWell(peers.govc, args, {env}));
        else {
          expect(program).to.equal('vch-migrate');
          const {code, stdout, stderr} = await startProcess(args, env).ended;
          expect(code, stderr).to.be.oneOf([0, 3]);
          said.push(stdout);
        }
      }
      return said.join('\n');
    },
    close,
  };
}

/** vic-machine, up to where it dies: flag, snapshot, power-off, and, if it comes so far, the new version. */
async function halfway({govc}: Place, build?: string): Promise<void> {
  const path = (await govc('find', '/', '-type', 'm', '-name', 'vch1')).trim();
  const change = (setting: string) => govc('vm.change', '-vm', path, '-e', setting);
  await change('UpdateInProgress=true');
  await govc('snapshot.create', '-vm', path, 'upgrade for 20000');
  await govc('vm.power', '-off', '-force', path);
  if (build !== undefined) await change(`${BUILD}=${build}`);
}

/** The appliance, as govc sees it. */
async function appliance({govc}: Place) {
  const path = (await govc('find', '/', '-type', 'm', '-name', 'vch1')).trim();
  const {virtualMachines} = JSON.parse(await govc('vm.info', '-json', '-e', path));
  const [vm] = virtualMachines;
  const value = (wanted: string) =>
    vm.config.extraConfig.find(({key}: {readonly key: string}) => key === wanted)?.value;
  return {
    power: vm.runtime.powerState,
    flag: value('UpdateInProgress'),
    build: value(BUILD),
    snapshots: vm.snapshot?.rootSnapshotList.length ?? 0,
  };
}

describeWithPeers('an upgrade that vic-machine left', ['vcsim', 'govc', 'python'], (peers) => {
  const places: readonly (readonly [name: string, start: () => Promise<Place>, reverts: boolean])[] = [
    [
      'the simulator',
      async () => {
        const simulator: Simulator = await startSimulator({fixture: `${ROOT}fixtures/legacy.json`});
        return placeAt(peers, simulator, () => simulator.close());
      },
      true,
    ],
    [
      'vcsim',
      async () => {
        const vcsim = await startVcsim(peers, 'legacy.json');
        return placeAt(peers, vcsim, () => vcsim.close());
      },
      // It brings no ExtraConfig back.
      false,
    ],
  ];
  const ends = [
    ['before it wrote', undefined, /remove its snapshot/, 0],
    ['on to the new version', '20000', /go on with the new version/, 1],
    ['back to the old version', '20000', /go back to the old version/, 0],
  ] as const;
  const cases = places.flatMap((place) => ends.map((end) => [...place, ...end] as const));
  for (const [name, start, reverts, how, build, way, kept] of sampleOf(
    'ends of an upgrade that vic-machine left',
    cases,
    {sample: 1, ci: 6},
  ))
    it(`ends clean by exactly the commands that status prints, on ${name}: ${how}`, async () => {
      const place = await start();
      try {
        const before = await appliance(place);
        await halfway(place, build);
        const {actions = []} = await place.status();
        const chosen = actions.filter(({text}) => way.test(text)).concat(actions.slice(-1));
        expect(chosen).to.have.length(2);
        for (const {command} of chosen) await place.type(command ?? '');
        const back = how === 'back to the old version' && reverts;
        expect(await appliance(place)).to.deep.equal({
          power: 'poweredOn',
          flag: 'false',
          build: back ? before.build : (build ?? before.build),
          snapshots: kept,
        });
        const {findings = []} = await place.status();
        expect(findings.map(({code}) => code)).not.to.include('vic-machine-unfinished');
      } finally {
        await place.close();
      }
    }).timeout(60_000);
});
