import {readFileSync} from 'node:fs';
import {Ajv2020} from 'ajv/dist/2020.js';
import {expect} from 'chai';
import {parse} from 'yaml';
import {problemLines, readInventory} from '../../src/fleet/inventory.js';
import {ROOT} from '../peers.js';

const WHOLE = `version: 1
vcenters:
  - name: emea-1
    url: https://vc1.example/sdk
    thumbprint: "${'AB:'.repeat(31)}AB"
    credentials: vc-emea
    concurrency: 4
    labels: {site: ams, tier: 1}
    vchs:
      - select: {path: /dc1/host/*}
        except: [vch-legacy]
  - name: us-1
    url: https://vc2.example
    insecure: true
release: {applianceIso: v1.5.6/appliance.iso, bootstrapIso: v1.5.6/bootstrap.iso}
waves:
  - {name: canary, count: 3, spread: vcenter, then: approve}
  - {name: emea, match: {site: ams}, then: auto}
  - {name: rest}
budget: {failed: 5, unreachable: 10, perVcenter: 2}
window: {days: [sat, sun], from: "22:00", to: "04:00", zone: Europe/Amsterdam}
`;

const SMALLEST = 'version: 1\nvcenters:\n  - {name: a, url: "https://a.example"}\n';

/** Inventories that cannot be used, and each problem in them, by line and column. */
const WRONG: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'an empty file',
    '',
    ['1:1: the file must be a map with version, vcenters, release, waves, budget, window'],
  ],
  ['no YAML', 'version: [1\n', ['2:1: this is not YAML (BAD_INDENT)']],
  [
    'several mistakes',
    'version: 2\nvcenters:\n  - name: a\n    url: http://a.example\n    concurency: 2\nwave: 3\n',
    [
      '1:10: version must be 1, the only version there is',
      '4:10: vcenters[0].url must be the URL of a vCenter, https://host/sdk, without user or password',
      '5:5: vcenters[0].concurency is unknown; here are name, url, thumbprint, ca, insecure, credentials, concurrency, labels, vchs',
      '6:1: wave is unknown; here are version, vcenters, release, waves, budget, window',
    ],
  ],
  [
    'a password in a URL, which is not repeated',
    'version: 1\nvcenters:\n  - {name: a, url: "https://u:secret@a.example"}\n',
    ['3:20: vcenters[0].url must be the URL of a vCenter, https://host/sdk, without user or password'],
  ],
  ['a key twice', `${SMALLEST}version: 1\n`, ['4:1: this key is there twice']],
  [
    'two vCenters of one name and URL',
    'version: 1\nvcenters:\n  - {name: a, url: "https://a.example"}\n  - {name: a, url: "https://A.example/sdk"}\n',
    [
      '4:12: vcenters[1].name is that of vcenters[0], too',
      '4:20: vcenters[1].url is that of vcenters[0], too',
    ],
  ],
  [
    'what is there and empty, which would mean every VCH, or any time',
    'version: 1\nvcenters:\n  - name: a\n    url: https://a.example\n    vchs:\n    # - select: {name: vch1}\nwindow:\nbudget: {failed: }\n',
    [
      '5:10: vcenters[0].vchs is empty; give it a value, or remove it',
      '7:8: window is empty; give it a value, or remove it',
      '8:18: budget.failed is empty; give it a value, or remove it',
    ],
  ],
  [
    'two credentials of one variable, which would give one vCenter the password of the other',
    'version: 1\nvcenters:\n  - {name: vc-1, url: "https://a.example"}\n  - {name: b, url: "https://b.example", credentials: VC.1}\n',
    [
      '4:54: vcenters[1]: the credentials VC.1 have the variable VCH_MIGRATE_CRED_VC_1_PASSWORD, as vc-1 of vcenters[0] have, so that one could get the password of the other; name them otherwise',
    ],
  ],
  [
    'a wave after the one that takes the rest',
    `${SMALLEST}waves:\n  - {name: all}\n  - {name: more, count: 1}\n`,
    [
      '5:12: waves[0] takes all VCHs that are left, so no wave can follow it; give it a count or a match, or move it to the end',
    ],
  ],
  [
    'a label that no vCenter has',
    `${SMALLEST}waves: [{name: x, match: {site: ams}}]\n`,
    ['4:33: waves[0].match: no vCenter has the label site: ams'],
  ],
  [
    'times without quotation marks, an unknown zone and an unknown day',
    `${SMALLEST}window: {from: 22:00, to: 4, zone: Europe/Nowhere, days: [fun]}\n`,
    [
      '4:27: window.to must be a time such as "22:00", in quotation marks',
      '4:36: window.zone must be a time zone such as Europe/Amsterdam',
      '4:59: window.days[0] must be one of mon, tue, wed, thu, fri, sat, sun',
    ],
  ],
];

describe('fleet/inventory', () => {
  const schema = new Ajv2020({strict: true, allowUnionTypes: true}).compile(
    JSON.parse(readFileSync(`${ROOT}schemas/fleet-v1.schema.json`, 'utf8')),
  );

  it('reads everything that an inventory can say', () => {
    const {inventory, problems} = readInventory(WHOLE);
    expect(problems).to.deep.equal([]);
    expect(inventory?.vcenters[0]).to.deep.include({
      credentials: 'vc-emea',
      concurrency: 4,
      labels: {site: 'ams', tier: '1'},
    });
    expect(inventory?.vcenters[1]).to.deep.include({credentials: 'us-1', concurrency: 2, vchs: null});
    expect(inventory?.budget).to.deep.equal({failed: 5, unreachable: 10, perVcenter: 2});
    expect(schema(parse(WHOLE)), JSON.stringify(schema.errors)).to.equal(true);
  });

  it('has one wave, and a budget of the first failure, unless the file says otherwise', () => {
    const {inventory} = readInventory(SMALLEST);
    expect(inventory?.waves.map(({name}) => name)).to.deep.equal(['all']);
    expect(inventory?.budget).to.deep.equal({failed: 1, unreachable: null, perVcenter: null});
    expect(schema(parse(SMALLEST)), JSON.stringify(schema.errors)).to.equal(true);
  });

  for (const [what, content, lines] of WRONG) {
    it(`tells every problem with line and column: ${what}`, () => {
      const {inventory, problems} = readInventory(content);
      expect(inventory).to.equal(null);
      expect(problemLines('f', problems)).to.deep.equal(lines.map((line) => `f:${line}`));
    });
  }

  it('has a schema that refuses what it refuses by shape', () => {
    for (const wrong of [
      {},
      {version: 2, vcenters: [{name: 'a', url: 'https://a.example'}]},
      {version: 1, vcenters: []},
    ])
      expect(schema(wrong)).to.equal(false);
    expect(schema({...parse(SMALLEST), wave: 1})).to.equal(false);
  });
});
