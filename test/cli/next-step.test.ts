import {expect} from 'chai';
import {nextStep} from '../../src/cli/next-step.js';
import type {Target} from '../../src/cli/target.js';
import {type ReportCommand, type ReportLock, type ReportStatus, summarize} from '../../src/report/report.js';
import {exampleReport} from '../report/report-example.js';
import {given} from './given-options.js';

const vsphere: Target = {
  kind: 'vsphere',
  url: new URL('https://vc.example/sdk'),
  user: undefined,
  password: undefined,
  datacenter: undefined,
};

interface Case {
  readonly command: ReportCommand;
  readonly vms: readonly ReportStatus[];
  readonly next: RegExp;
  readonly interrupted?: boolean;
  readonly declined?: boolean;
  readonly args?: readonly string[];
  readonly options?: Parameters<typeof given>[0];
  readonly target?: Target;
  readonly lock?: ReportLock;
}

const LOCK: ReportLock = {held: true, by: 'vic-machine', lockId: null, owner: null, phase: null};
const UNLOCKED: ReportLock = {held: false};
const CASES: readonly Case[] = [
  {command: 'plan', vms: ['pending'], next: /^vch-migrate apply --name vch1$/},
  {command: 'plan', vms: ['unchanged'], next: /^nothing to apply; vch-migrate verify --name vch1$/},
  {command: 'plan', vms: ['pending'], lock: LOCK, next: /^wait until the upgrade is over/},
  {command: 'apply', vms: ['changed', 'refused'], next: /^vch-migrate verify/},
  {command: 'apply', vms: ['changed', 'failed'], next: /^the rest: vch-migrate apply/},
  {
    command: 'apply',
    vms: ['changed', 'unreachable'],
    next: /^the rest, when it can be reached again: vch-migrate apply/,
  },
  {command: 'apply', vms: ['not-attempted'], interrupted: true, next: /^to go on: vch-migrate apply/},
  {
    command: 'apply',
    vms: ['changed', 'not-attempted'],
    interrupted: true,
    args: ['vch1.plan.json'],
    options: {report: ['night.html', 'night.json']},
    next: /: vch-migrate apply vch1\.plan\.json --from-report night\.json --only unresolved --name vch1$/,
  },
  {
    command: 'apply',
    vms: ['conflict', 'not-attempted'],
    args: ['p.json'],
    next: /^the rest: vch-migrate apply p\.json --name vch1$/,
  },
  {
    command: 'apply',
    vms: ['conflict', 'unreachable'],
    args: ['p.json'],
    next: /^see what moved: vch-migrate plan --name vch1$/,
  },
  {
    command: 'plan',
    vms: ['pending'],
    options: {only: 'name=web'},
    next: /^vch-migrate apply --only name=web --name vch1$/,
  },
  {
    command: 'plan',
    vms: ['pending'],
    options: {only: 'name=web', out: 'p.json'},
    next: /^vch-migrate apply p\.json --name vch1$/,
  },
  {
    command: 'apply',
    vms: ['not-attempted'],
    declined: true,
    next: /^nothing was written; to go on: vch-migrate apply/,
  },
  {
    command: 'apply',
    vms: ['changed'],
    target: {kind: 'simulator', fixture: 'a b.json'},
    next: /gone now.*vch-migrate simulate 'a b.json'$/,
  },
  {command: 'undo', vms: ['changed'], next: /^vch-migrate status/},
  {command: 'status', vms: ['pending'], next: /^vch-migrate plan/},
  {command: 'status', vms: ['unchanged'], next: /^vch-migrate verify/},
  {command: 'verify', vms: ['unchanged', 'skipped'], next: /^nothing; every containerVM is at its goal$/},
  {command: 'verify', vms: ['unchanged', 'refused'], next: /^see to the VMs that were refused/},
  {
    command: 'verify',
    vms: ['failed'],
    next: /^see to the VMs that are not at their goal, then vch-migrate plan/,
  },
  {command: 'rename', vms: ['changed', 'changed'], next: /^vch-migrate audit --name vch1$/},
  {command: 'rename', vms: ['changed', 'refused'], next: /^see to the containers whose links/},
  {command: 'rename', vms: ['unchanged', 'changed'], next: /^vch-migrate audit --name vch1$/},
  {
    command: 'rename',
    vms: ['changed', 'refused', 'failed'],
    args: ['web', 'shop'],
    next: /^the rest: vch-migrate rename web shop --name vch1$/,
  },
  {
    command: 'rename',
    vms: ['unknown', 'not-attempted'],
    args: ['web', 'shop'],
    next: /^vch-migrate rename web shop --name vch1$/,
  },
  {
    command: 'rename',
    vms: ['conflict'],
    args: ['web', 'my web'],
    next: /^vch-migrate rename web 'my web' --name vch1$/,
  },
  {command: 'audit', vms: ['unchanged', 'failed'], next: /^see to the findings, then vch-migrate audit/},
  {command: 'audit', vms: ['unchanged'], next: /^vch-migrate status/},
];

describe('next step', () => {
  for (const {
    command,
    vms,
    next,
    interrupted = false,
    declined = false,
    target = vsphere,
    lock = UNLOCKED,
    args = [],
    options = {},
  } of CASES) {
    it(`after ${command} with ${vms.join(', ')} matches ${next.source}`, () => {
      const {vch} = exampleReport([]);
      const summary = summarize(vms.map((status) => ({status, rename: 'disabled' as const})));
      const report = {command, summary, interrupted, vch: {...vch, lock}, vms: []};
      expect(nextStep({report, given: given(options), args, target, declined})).to.match(next);
    });
  }

  it('names the VCH by its id where its name cannot be typed, or where the id was given', () => {
    const {vch} = exampleReport([]);
    const summary = summarize([{status: 'changed', rename: 'disabled' as const}]);
    const hint = (name: string, options: Parameters<typeof given>[0]) =>
      nextStep({
        report: {...exampleReport([]), command: 'apply', summary, vch: {...vch, name}},
        given: given(options),
        target: vsphere,
        declined: false,
      });
    expect(hint('evil\u001b[2J', {})).to.equal('vch-migrate verify --id vm-12');
    expect(hint('vch1', {id: 'vm-12'})).to.equal('vch-migrate verify --id vm-12');
    expect(hint('vch 1', {insecure: true})).to.equal("vch-migrate verify --insecure --name 'vch 1'");
  });
});
