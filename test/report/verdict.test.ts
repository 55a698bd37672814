import {expect} from 'chai';
import {attention, remarks} from '../../src/report/attention.js';
import {toText} from '../../src/report/formats/text.js';
import type {Report} from '../../src/report/report.js';
import {periodText, spanText} from '../../src/report/times.js';
import {verdict} from '../../src/report/verdict.js';
import {down, EVERY, failed, night, upgraded} from './night-report.js';
import {reportVm} from './report-example.js';

const SENTENCES: Readonly<Record<string, string>> = {
  upgraded: 'ok vch-web-07 is upgraded to v1.5.6; 3 containerVMs need attention',
  failed: 'bad The upgrade of vch-web-07 failed; it is back on v1.2.1',
  down: 'bad vch-web-07 is down and could not be put back',
  unfinished: 'warn The upgrade of vch-web-07 is unfinished',
  resumed: 'ok vch-web-07 is upgraded to v1.5.6; 3 containerVMs need attention',
  'rolled-back': 'ok vch-web-07 is rolled back to v1.2.1; 1 containerVM needs attention',
  unlocked: 'ok The upgrade lock of vch-web-07 is removed',
  'dry-run': 'info Ready to upgrade vch-web-07 to v1.5.6',
  'not-started': 'bad The upgrade of vch-web-07 did not start; nothing was written',
  'needed-none': 'ok vch-web-07 needed no upgrade; 3 containerVMs need attention',
  plan: 'info Ready to change 15 of 21 containerVMs of vch-web-07',
  apply: 'warn 11 of 15 containerVMs of vch-web-07 are changed; 6 containerVMs need attention',
  undo: 'warn 15 containerVMs of vch-web-07 are put back; 3 containerVMs need attention',
  verify: 'ok 18 of 19 containerVMs of vch-web-07 are verified; 1 could not be checked',
  differs: 'bad 2 of 21 containerVMs of vch-web-07 differ from what they should be',
  status:
    'info No upgrade in progress on vch-web-07; 15 of 21 containerVMs await a change; 3 containerVMs need attention',
  audit: "warn 5 of 21 containerVMs of vch-web-07 break VIC's conventions",
  check: 'warn vch-web-07 is ready for its upgrade; 3 containerVMs would be left out',
  rename: 'ok web is renamed to shop',
};

const one = (vm: Parameters<typeof reportVm>[0], report: Partial<Report>) =>
  night({...report, checks: []}, [reportVm(vm)]);
const figure = (report: Report, at: number) => verdict(report).numbers[at];
const upgradeOf = (report: Report, upgrade: Partial<NonNullable<Report['upgrade']>>): Report => ({
  ...report,
  ...(report.upgrade && {upgrade: {...report.upgrade, ...upgrade}}),
});

describe('verdict', () => {
  it('is one sentence and a colour for every command and result', () => {
    const told = Object.entries(EVERY).map(([name, report]) => {
      const {tone, sentence} = verdict(report);
      return [name, `${tone} ${sentence}`];
    });
    expect(Object.fromEntries(told)).to.deep.equal(SENTENCES);
  });

  it('speaks of one containerVM in the singular', () => {
    const sentences = [
      one({status: 'changed'}, {command: 'apply'}),
      one({status: 'unchanged'}, {command: 'verify'}),
      one({status: 'failed'}, {command: 'verify'}),
      one({status: 'unchanged'}, {command: 'audit'}),
      one({status: 'failed'}, {command: 'audit'}),
      one({status: 'refused'}, {command: 'plan'}),
    ].map((report) => verdict(report).sentence);
    expect(sentences).to.deep.equal([
      '1 containerVM of vch-web-07 is changed',
      'vch-web-07 is verified: its containerVM is as it should be',
      '1 of 1 containerVM of vch-web-07 differs from what it should be',
      "The containerVM of vch-web-07 keeps VIC's conventions",
      "1 of 1 containerVM of vch-web-07 breaks VIC's conventions",
      'No containerVM of vch-web-07 can be changed now; 1 containerVM needs attention',
    ]);
  });

  it('says "is down" only where the VCH was seen off', () => {
    const seen = (powerState: string | null) => ({...down, vch: {...down.vch, powerState}});
    const told = [seen('poweredOff'), seen('poweredOn'), seen(null)].map((report) => {
      const {sentence, pills, numbers} = verdict(report);
      return [sentence, pills[0]?.text, numbers[1]?.label];
    });
    expect(told).to.deep.equal([
      ['vch-web-07 is down and could not be put back', 'VCH powered off', 'VCH is down'],
      ['vch-web-07 could not be put back', 'VCH on, but not seen ready', 'VCH not seen ready again'],
      [
        'vch-web-07 could not be put back; whether it is down is unknown',
        'VCH state unknown',
        'VCH not seen ready again',
      ],
    ]);
    const stopped = upgradeOf(
      {
        ...down,
        findings: [{code: 'vch-down', message: 'it may be powered off'}],
        vch: {...down.vch, powerState: null},
      },
      {result: 'resumable'},
    );
    expect(verdict(stopped).sentence).to.equal('vch-web-07 may be down: its rollback is unfinished');
    expect(verdict(stopped).urgent).to.equal(true);
  });

  it('does not say of a VCH that was found off that it stayed up', () => {
    const off = {...EVERY.apply, vch: {...failed.vch, powerState: 'poweredOff'}} as Report;
    expect([figure(off, 1)?.value, verdict(off).pills[0]?.text]).to.deep.equal([
      'Not running',
      'VCH powered off',
    ]);
    const said = (report: Report) => toText(report, {columns: 120, colour: false});
    for (const [command, up] of Object.entries({plan: 'the VCH stays up', apply: 'the VCH stayed up'})) {
      const on = {...EVERY[command], vch: {...failed.vch, powerState: 'poweredOn'}} as Report;
      expect(said(on), command).to.contain(up);
      for (const powerState of ['poweredOff', null])
        expect(said({...on, vch: {...on.vch, powerState}}), command).to.not.match(/stay(s|ed) up/);
    }
  });

  it('counts a containerVM that was not looked at as not checked, not as different', () => {
    const stopped = night({command: 'verify', interrupted: true}, [
      reportVm({status: 'unchanged'}),
      reportVm({id: 'vm-20', status: 'not-attempted'}),
    ]);
    expect(verdict(stopped).sentence).to.equal(
      '1 of 2 containerVMs of vch-web-07 are verified; 1 could not be checked',
    );
    expect(verdict(stopped).tone).to.equal('warn');
  });

  it('calls for a person only where one is needed now', () => {
    const urgent = Object.entries(EVERY).filter(([, report]) => verdict(report).urgent);
    expect(urgent.map(([name]) => name)).to.deep.equal(['down']);
  });

  it('tells what a failed upgrade did not reach, and shows no count in green', () => {
    expect(figure(failed, 0)?.notes).to.deep.equal([
      'As before: build 13858, data version 5',
      'Not reached: v1.5.6, build 20000',
    ]);
    expect(figure(failed, 3)?.parts?.map(({tone, count, text}) => `${tone} ${count} ${text}`)).to.deep.equal([
      'info 15 prepared',
      'mute 3 no change needed',
      'warn 3 already set aside by the checks',
    ]);
  });

  it('tells how long the VCH was down, and nothing of it if the report does not know', () => {
    expect([figure(upgraded, 1)?.value, figure(down, 1)?.value]).to.deep.equal([
      '3 min 12 s',
      '14 min 20 s so far',
    ]);
    const {outage, before, target, ...old} = {...upgraded.upgrade} as NonNullable<Report['upgrade']>;
    const labels = verdict({...upgraded, upgrade: old}).numbers.map(({label}) => label);
    expect(labels).to.deep.equal(['Version', 'Whole run', 'ContainerVMs']);
  });

  it('says in one way whether a VCH that was put back is up, and how to see more', () => {
    const {pills, actions} = verdict(failed);
    expect(pills[0]).to.deep.equal({
      tone: 'info',
      text: 'VCH on, services ready; docker not confirmed from here',
    });
    expect(actions[0]?.command).to.equal('docker -H 10.20.7.31:2376 --tls info');
    const seen = verdict({...failed, findings: []});
    expect([seen.pills[0]?.text, seen.actions[0]?.command]).to.deep.equal([
      'VCH running on v1.2.1',
      'sha256sum v1.5.6/appliance.iso',
    ]);
  });

  it('tells of the keys that stay on containerVMs', () => {
    const kept = '15 containerVMs keep their prepared keys: harmless; the next upgrade uses them.';
    expect(verdict(failed).reason).to.include(kept);
    expect(verdict({...failed, findings: []}).reason).to.not.include('prepared keys');
  });

  it('tells both causes of a way back that failed', () => {
    expect(verdict(down).reason).to.match(
      /^The snapshot snapshot-2790 .* is not reachable from esx-n2\.example\. Before that: vch-web-07 \(vm-2101\) was still waiting for the start of port-layer .* when its time was up\. A person/,
    );
  });

  it('does not call a version half done, nor a VCH seen up that was seen off', () => {
    expect(figure(down, 0)).to.deep.include({
      value: 'Not known',
      notes: ['Was v1.2.1, build 13858', 'Was to be v1.5.6, build 20000'],
    });
    expect(figure(down, 1)?.notes[0]).to.equal('Since 02:13; still off at 02:27 UTC');
  });

  it('says of a containerVM that it was set aside only if the checks had counted it', () => {
    const parts = (report: Report) =>
      figure(report, 3)
        ?.parts?.slice(2)
        .map(({text, count}) => [count, text]);
    const unreachable = failed.checks?.filter(({id}) => id === 'reach') ?? [];
    expect(parts({...failed, checks: unreachable})).to.deep.equal([
      [1, 'already set aside by the checks'],
      [2, 'need attention'],
    ]);
    expect(parts({...failed, checks: []})).to.deep.equal([[3, 'need attention']]);
    expect(parts(upgraded)).to.deep.equal([[3, 'need attention']]);
  });

  it('takes the commands out of the next step of an older report', () => {
    expect(verdict(EVERY.unfinished ?? failed).actions).to.deep.equal([
      {text: 'continue', command: 'vch-migrate resume --name vch-web-07'},
      {text: 'take it back', command: 'vch-migrate rollback --name vch-web-07'},
    ]);
    const {actions, ...old} = upgraded;
    const next = (text: string) => verdict({...old, next: text}).actions;
    expect(next('nothing; all is done')).to.deep.equal([{text: 'nothing; all is done', command: null}]);
    expect(next('vch-migrate verify --name x')).to.deep.equal([
      {text: '', command: 'vch-migrate verify --name x'},
    ]);
    expect(next('fix them, then vch-migrate plan -n x')).to.deep.equal([
      {text: 'fix them', command: 'vch-migrate plan -n x'},
    ]);
  });

  it('ends with the commands by hand if a person is needed now', () => {
    const commands = verdict(down).actions.map(({command}) => command?.split('\n')[0]);
    expect(commands).to.deep.equal([
      'govc datastore.info vol-n2',
      'vch-migrate rollback --name vch-web-07',
      'govc vm.power -off -force VirtualMachine:vm-2101',
    ]);
  });
});

describe('attention', () => {
  it('begins with the error of the run, and groups VMs by reason, worst first', () => {
    expect(
      attention(failed).map(({tone, title, code, vms}) => [tone, title, code, vms.length]),
    ).to.deep.equal([
      [
        'bad',
        'vch-web-07 (vm-2101) was still waiting for the start of port-layer (port-layer exited: exec format error) when its time was up',
        'VCH_ERR_TIMEOUT',
        0,
      ],
      ['warn', '2 containerVMs were refused: no name to copy', 'VCH_ERR_NAME_MISSING', 2],
      ['warn', '1 containerVM cannot be read: host or datastore out of reach', 'VCH_ERR_HOST_UNREACHABLE', 1],
    ]);
    expect(attention(EVERY.apply ?? failed).map(({title}) => title.split(':')[0])).to.deep.equal([
      '1 containerVM failed',
      '1 containerVM has an unknown outcome',
      '1 containerVM is in conflict',
      '2 containerVMs were refused',
      '1 containerVM cannot be read',
    ]);
  });

  it('says once what all VMs of a group have in common, and keeps every command', () => {
    const [, refused] = attention(failed);
    expect(refused?.text).to.equal(
      'Each has no name to copy; set guestinfo.vice./common/name, then run vch-migrate apply',
    );
    expect(refused?.commands).to.have.length(2);
  });

  it('groups findings: a broken convention needs somebody, other findings do not', () => {
    const {audit = failed} = EVERY;
    expect(attention(audit)[0]?.title).to.equal('5 containerVMs: the display name breaks the convention');
    expect(remarks(audit).map(({tone, title}) => [tone, title])).to.deep.equal([
      ['mute', '3 containerVMs: a link leads to no container'],
    ]);
  });
});

describe('times for a page', () => {
  it('have seconds where minutes would not tell them apart', () => {
    const period = (to: string) => periodText('2026-01-02T18:45:57.000Z', `2026-01-02T${to}.000Z`);
    expect(['18:45:57', '18:46:01', '18:55:56', '18:55:57'].map(period)).to.deep.equal([
      '18:45:57 UTC',
      '18:45:57 to 18:46:01 UTC',
      '18:45:57 to 18:55:56 UTC',
      '18:45 to 18:55 UTC',
    ]);
  });

  it('are never milliseconds', () => {
    const spans = [0, 999, 1_000, 59_600, 192_000, 600_000, 8_280_000].map(spanText);
    expect(spans).to.deep.equal([
      'under 1 s',
      'under 1 s',
      '1 s',
      '1 min',
      '3 min 12 s',
      '10 min',
      '2 h 18 min',
    ]);
  });
});
