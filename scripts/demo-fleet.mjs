// A night with a fleet, as a user would type it: three simulated vCenters with four VCHs each, an embedded database, a
// canary wave, an approval, a VCH that fails, a budget that holds the run, a retry, and the page of it.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {startSimulator} from '../dist/src/simulator/simulator.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'vch-fleet-demo-'));
const SITES = ['ams', 'fra', 'nyc'];
const SESSIONS = ['docker-personality', 'port-layer', 'vicadmin'];
const PASSWORD = 'Demo-only-0815';

// Settings of a real vCenter must not reach the demo: it writes.
const environment = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VIC_MACHINE|GOVC|VCH_MIGRATE)_/.test(name)),
  ),
  VCH_MIGRATE_CRED_LAB_USER: 'administrator@vsphere.local',
  VCH_MIGRATE_CRED_LAB_PASSWORD: PASSWORD,
};

function fixtureOf(site) {
  const numbers = [1, 2, 3, 4];
  const place = (at) => ({folder: `team${at}`, pool: `cluster1/team${at}`, powerState: 'poweredOn'});
  return {
    schema: 'vch-migrate/fixture/v1',
    users: [{user: 'administrator@vsphere.local', password: PASSWORD, role: 'Admin'}],
    settings: {bootTime: 300, shutdownTime: 100},
    datacenters: [
      {
        name: site,
        folders: numbers.map((at) => ({name: `team${at}`})),
        clusters: [
          {name: 'cluster1', hosts: ['esx1'], resourcePools: numbers.map((at) => ({name: `team${at}`}))},
        ],
        datastores: [{name: 'datastore1', type: 'VMFS'}],
      },
    ],
    vms: numbers.flatMap((at) => [
      {
        ...place(at),
        id: `vm-${at}00`,
        name: `${site}-team${at}`,
        extraConfig: {
          'guestinfo.vice./init/common/id': `VirtualMachine:vm-${at}00`,
          'guestinfo.vice./init/common/name': `${site}-team${at}`,
          'guestinfo.vice./init/version/Version': 'v0.9.0',
          'guestinfo.vice./init/version/BuildNumber': '8000',
          'guestinfo.vice./init/version/PluginVersion': '0',
          'guestinfo.vice./init/sessions': SESSIONS.join('|'),
          ...Object.fromEntries(
            SESSIONS.map((name) => [`guestinfo.vice..init.sessions|${name}.started`, '<nil>']),
          ),
        },
      },
      ...['web', 'db'].map((name, number) => {
        const containerId = `${at}${number}`.padEnd(64, 'abcdef');
        return {
          ...place(at),
          ...{
            id: `vm-${at}0${number + 1}`,
            name: `${name}-${containerId.slice(0, 12)}`,
            vch: `${site}-team${at}`,
          },
          ...{containerId, containerName: name},
          extraConfig: {'guestinfo.vice./common/id': containerId, 'guestinfo.vice./common/name': name},
        };
      }),
    ]),
  };
}

async function fleet(expected, ...args) {
  process.stdout.write(`\n$ vch-migrate fleet ${args.join(' ')}\n`);
  const line = [
    `${root}dist/src/cli/main.js`,
    'fleet',
    ...args,
    ...(args[0] === 'validate' ? [] : ['--state-dir', join(work, 'state')]),
    '--quiet',
  ];
  const child = spawn(process.execPath, line, {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  process.stdout.write(`(exit ${code})\n`);
  if (code !== expected)
    throw new Error(`vch-migrate fleet ${args[0]} ended with exit code ${code}, not ${expected}`);
}

const page = join(tmpdir(), 'vch-migrate-fleet-demo.html');
const simulators = await Promise.all(
  SITES.map((site) =>
    startSimulator({fixture: fixtureOf(site), templates: `${root}fixtures/vic-encoded.jsonl`}),
  ),
);
try {
  const inventory = join(work, 'fleet.yaml');
  const vcenters = simulators.map(
    ({url, thumbprint}, at) =>
      `  - {name: ${SITES[at]}, url: "${url}", thumbprint: "${thumbprint}", credentials: lab}`,
  );
  writeFileSync(
    inventory,
    [
      'version: 1',
      'vcenters:',
      ...vcenters,
      'waves:',
      '  - {name: canary, count: 3, spread: vcenter, then: approve}',
      '  - {name: rest}',
      'budget: {failed: 1}',
      '',
    ].join('\n'),
  );
  // The second VCH of one site does not power on, once: the upgrade fails and is put back, and the budget holds the run.
  simulators[1].addFault({
    ...{method: 'PowerOnVM_Task', object: 'vm-200', nth: 1},
    do: {fault: 'InsufficientResourcesFault'},
  });
  await fleet(0, 'validate', '--inventory', inventory);
  await fleet(2, 'upgrade', '--inventory', inventory, '--change-id', 'CHG-4711', '--yes');
  await fleet(0, 'approve', '--reason', 'canaries looked at');
  await fleet(0, 'worker', '--until-idle');
  await fleet(1, 'status');
  await fleet(0, 'retry', '--reason', 'the host has memory again');
  await fleet(0, 'worker', '--until-idle');
  await fleet(0, 'report', '--report', page);
  process.stdout.write(`\nThe page of the night: ${page}\n`);
} catch (error) {
  process.stderr.write(`demo: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  for (const simulator of simulators) await simulator.close();
  rmSync(work, {recursive: true, force: true});
}
