import {upgrade} from '../../../src/cli/commands/upgrade.js';
import {describeEnds} from '../command-end.js';

const options = {name: 'vch1'};

const WAITED =
  'Please increase the timeout using --timeout: vch1 was still waiting for the start of port-layer';
const slow = {
  result: 'as-before',
  error: {code: 'VCH_ERR_TIMEOUT', message: WAITED},
} as const;

describeEnds(upgrade, [
  {vms: ['changed'], options, upgrade: {}, exit: 0, next: /: vch-migrate verify --name vch1$/},
  {
    vms: ['changed', 'refused', 'unreachable'],
    options,
    upgrade: {},
    exit: 3,
    next: /apply to only those: vch-migrate apply --only id=vm-1 --only id=vm-2 --name vch1$/,
  },
  {
    vms: ['changed'],
    options,
    upgrade: {},
    findings: ['previous-snapshot-left'],
    exit: 3,
    next: /: vch-migrate verify/,
  },
  {vms: ['changed'], options, upgrade: {result: 'planned'}, exit: 0, next: /: vch-migrate upgrade/},
  {
    vms: ['changed'],
    options,
    upgrade: {result: 'not-started'},
    exit: 1,
    next: /^nothing was written; to continue: vch-migrate upgrade/,
  },
  {
    vms: ['changed'],
    options,
    upgrade: {result: 'as-before'},
    exit: 1,
    next: /^fix the cause, then upgrade again: vch-migrate upgrade/,
  },
  {
    vms: ['changed'],
    options: {...options, timeout: '1s'},
    upgrade: slow,
    exit: 1,
    next: /^fix the cause or allow more time \(here 10 min in place of 1 s\), then upgrade again: vch-migrate upgrade --name vch1$/,
  },
  {
    vms: ['changed'],
    options,
    upgrade: slow,
    exit: 1,
    next: /\(here 20 min in place of 10 min\), then upgrade again: vch-migrate upgrade --timeout 20m --name vch1$/,
  },
  {
    vms: ['changed'],
    options,
    upgrade: {result: 'as-before'},
    findings: ['containers-keep-keys'],
    exit: 1,
    next: /; only if the prepared keys of 1 containerVM must go: vch-migrate undo --run run-1 --name vch1$/,
  },
  {
    vms: ['changed'],
    options,
    upgrade: {result: 'resumable', phase: 'snapshot'},
    exit: 1,
    next: /^continue the upgrade: vch-migrate resume .*; or take it back: vch-migrate rollback/,
  },
  {vms: ['changed'], options, upgrade: {result: 'needs-person'}, exit: 6, next: /vch-migrate rollback/},
]);
