import {createHash} from 'node:crypto';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import fc from 'fast-check';
import {commands} from '../../src/cli/commands.js';
import {optionsOf} from '../../src/cli/parse-command-line.js';
import {readPlan, readShown} from '../../src/cli/plan-file.js';
import {withSettings} from '../../src/cli/settings-file.js';
import {readDump} from '../../src/dump/read-dump.js';
import {readInventory} from '../../src/fleet/inventory.js';
import {canonicalJson, type Json} from '../../src/migration/canonical-json.js';
import {FORMATS} from '../../src/report/formats.js';
import {loadFixture} from '../../src/simulator/fixture/load.js';
import {Clock, machineTime} from '../../src/simulator/model/clock.js';
import {makeVCenter} from '../../src/simulator/vcenter.js';
import {given} from '../cli/given-options.js';
import {exampleReport, refusedVm, reportVm} from '../report/report-example.js';
import {smallFixture} from '../simulator/small-fixture.js';
import {smallVch} from '../small-vch.js';
import {fuzz, withinBounds} from './fuzz.js';
import {mutatedJson, mutatedJsonText, mutatedText} from './mutants.js';

const TIME = '2026-01-02T03:04:05.000Z';
const RUN = '11111111-2222-4333-8444-555555555555';

const report = exampleReport([reportVm(), refusedVm(), reportVm({history: ['0002-x'], pending: []})], {
  changeId: 'CHG-1',
  plugins: [{id: '0002-x', version: 2, target: 'container', summary: 'x'}],
  findings: [{code: 'odd', message: 'odd'}],
  steps: [{name: 'containers', startedAt: TIME, finishedAt: TIME, status: 'done'}],
  checks: [{id: 'iso', title: 'The ISO', status: 'failed', message: 'is not there'}],
  upgrade: {
    result: 'resumable',
    error: {code: 'VCH_ERR_TIMEOUT', message: 'too late', fault: 'Timedout'},
    run: RUN,
    phase: 'ready',
    lockId: RUN,
    snapshot: 'snapshot-7',
    card: ['govc vm.power -off vch1'],
  },
});

const plan = {
  schema: 'vch-migrate/plan/v1',
  createdAt: TIME,
  toolVersion: '0.1.0',
  plan: {
    target: {url: 'https://vc.example/sdk', instanceUuid: RUN},
    vch: {id: 'vm-12', name: 'vch1', biosUuid: RUN},
    plugins: [{id: '0002-container-common-name', revision: 1}],
    vms: [
      {
        id: 'vm-13',
        displayName: 'web',
        containerName: 'web',
        rename: 'disabled',
        status: 'pending',
        seen: {containerId: 'a'.repeat(64), instanceUuid: RUN, biosUuid: null, keys: {'common/name': null}},
        changes: 'ab',
        goal: 'cd',
      },
    ],
  },
  report,
};

/** A plan under the digest that fits it, whatever it says; one that is too deep to have one stays as it is. */
function sealed(text: string): string {
  if (text.length > 50_000) return text;
  const {digest: _digest, ...rest}: Record<string, Json> = Object(JSON.parse(text));
  const digest = `sha256:${createHash('sha256').update(canonicalJson(rest)).digest('hex')}`;
  return JSON.stringify({...rest, digest});
}

const fixtures = [
  smallFixture(),
  smallVch([{name: 'web'}, {name: 'db', powerState: 'poweredOff'}], {idleTimeout: 60, bootTime: 1}),
  {...smallVch([]), generate: [{count: 3, seed: 1, name: 'c{n}', vch: 'vch1', powerStates: ['poweredOn']}]},
  ...['odd', 'two-vchs', 'empty'].map((name) => JSON.parse(readFileSync(`fixtures/${name}.json`, 'utf8'))),
].filter((fixture) => !JSON.stringify(fixture).includes('"extends"'));

const SETTINGS = [
  'target: vc.example\nuser: ann\nname: vch1\nparallelism: 3\nchange-id: 007\nquiet: true\nonly:\n  - name=web*\n  - status=pending\n',
  'a: &a [x]\nb: *a\nc: {<<: *a}\n',
  '--- !!binary aGk=\n...\n? [a, b]\n: |-\n  text\n',
];
const YAML = [
  '&a ',
  '*a',
  '*b',
  '<<: ',
  '- ',
  '? ',
  '!!map ',
  '!!js/function ',
  '{',
  '[',
  '}',
  ']',
  '\n---\n',
  '\n...\n',
  '%YAML 9\n---\n',
  '|\n ',
  '"',
  "'",
  '\t',
  '# ',
  '__proto__: ',
  '[&a [1,1,1,1,1,1,1,1,1],&b [*a,*a,*a,*a,*a,*a,*a,*a,*a],&c [*b,*b,*b,*b,*b,*b,*b,*b,*b],&d [*c,*c,*c,*c,*c,*c]]',
  '['.repeat(300),
];

const INVENTORIES = [
  `version: 1
vcenters:
  - name: emea-1
    url: https://vc1.example/sdk
    thumbprint: "${Array(32).fill('AB').join(':')}"
    credentials: vc-emea
    concurrency: 2
    labels: {site: ams}
    vchs:
      - select: {path: /dc1/host/*}
        except: [vch-legacy]
release: {applianceIso: v1.5.6/appliance.iso, bootstrapIso: v1.5.6/bootstrap.iso}
waves:
  - {name: canary, count: 3, spread: vcenter, then: approve}
  - {name: emea, match: {site: ams}, then: auto}
  - {name: rest}
budget: {failed: 5, unreachable: 10, perVcenter: 2}
window: {days: [sat, sun], from: "22:00", to: "04:00", zone: Europe/Amsterdam}
`,
  'version: 1\nvcenters: [{name: a, url: https://a.example, vchs: [{select: {name: "*"}}]}]\n',
];
const INVENTORY_WORDS = [
  'match: {',
  'count: 1e99',
  'concurrency: 0',
  '"25:00"',
  'zone: No/Where',
  'spread: vcenter',
];

const DUMPED = {
  self: {type: 'VirtualMachine', value: 'vm-12'},
  name: 'vch1',
  parent: {type: 'Folder', value: 'group-v9'},
  resourcePool: {type: 'ResourcePool', value: 'resgroup-8'},
  config: {
    uuid: RUN,
    instanceUuid: RUN,
    template: false,
    files: {vmPathName: '[datastore1] vch1/vch1.vmx'},
    hardware: {device: [{key: 3000, backing: {fileName: '[datastore1] vch1/appliance.iso'}}]},
    extraConfig: [{key: 'guestinfo.vice./init/common/id', value: 'VirtualMachine:vm-12'}],
  },
  runtime: {
    host: {type: 'HostSystem', value: 'host-3'},
    connectionState: 'connected',
    powerState: 'poweredOn',
  },
};
const {self: obj, ...properties} = DUMPED;
const DUMPS = [
  {virtualMachines: [DUMPED]},
  {
    kind: 'enter',
    obj,
    changeSet: Object.entries(properties).map(([name, val]) => ({name, op: 'assign', val})),
  },
  {...smallFixture(), dump: {at: TIME, tool: 'vch-migrate 0.1.0', masked: true}, about: {instanceUuid: RUN}},
];

describe('fuzz: files', () => {
  const directory = mkdtempSync(join(tmpdir(), 'vch-migrate-fuzz-'));
  after(() => rmSync(directory, {recursive: true}));
  const path = join(directory, 'document.json');

  function show(text: string): void {
    writeFileSync(path, text);
    const shown = readShown(path);
    const layout = {columns: 80, colour: true};
    for (const format of FORMATS) format.report(shown, layout);
  }

  fuzz('a report', mutatedJsonText([report]), show);
  const plans = fc.oneof(mutatedJson([plan]).map(sealed), mutatedJsonText([plan]));
  fuzz('a saved plan that is shown', plans, show);
  fuzz('a saved plan that is applied', plans, (text) => {
    writeFileSync(path, text);
    readPlan(path, '0.1.0');
  });

  it('refuses a plan that is nested too deeply to have a digest', async () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    writeFileSync(path, `{"schema":"vch-migrate/plan/v1","digest":"sha256:","more":${deep}}`);
    for (const read of [() => readShown(path), () => readPlan(path, '0.1.0')])
      expect(await withinBounds(read)).to.include({code: 'VCH_ERR_PLAN_STALE'});
  });

  const known = optionsOf(commands);
  const [command] = commands.filter(({name}) => name === 'apply');
  if (command === undefined) throw new Error('there is no apply');
  fuzz('a settings file', mutatedText(SETTINGS, YAML), (text) =>
    withSettings(given({settings: 'x.yaml'}), command, known, {
      read: () => ({status: 'read', text}),
      variables: {},
    }),
  );

  fuzz('an inventory file of a fleet', mutatedText(INVENTORIES, [...YAML, ...INVENTORY_WORDS]), (text) => {
    const {inventory, problems} = readInventory(text);
    expect(inventory === null).to.equal(problems.length > 0);
    for (const {line, column} of problems) expect(Math.min(line, column)).to.be.above(0);
  });

  fuzz('a dump', mutatedJsonText(DUMPS), async (text) => {
    writeFileSync(path, text);
    const {fixture} = readDump(path);
    await loadFixture(typeof fixture === 'string' ? JSON.parse(text) : fixture);
  });

  fuzz('a fixture', mutatedJson(fixtures), async (text) => {
    const vcenter = makeVCenter(await loadFixture(JSON.parse(text)), new Clock(machineTime), {}, () => 1);
    vcenter.tasks.close();
    vcenter.inventory.close();
  });
});
