import type {Report, ReportUpgrade} from './report.js';

const SENTENCES: Readonly<Record<ReportUpgrade['result'], string>> = {
  planned: 'Nothing was written: this is what it would do.',
  'not-started': 'Nothing was written.',
  unchanged: 'The appliance had nothing to be upgraded; it was not touched.',
  upgraded: 'The VCH is upgraded.',
  'as-before': 'The appliance is as it was before.',
  'rolled-back': 'The VCH is rolled back: its appliance is as it was before.',
  resumable: 'The upgrade is unfinished: resume goes on with it, rollback takes it back.',
  'needs-person': 'A person is needed now: the VCH is half-done, and may be down.',
  unlocked: 'The upgrade lock is removed.',
};

/** Where an upgrade, or what followed on it, left the VCH, and why; empty for other commands. */
export function upgradeSentences({upgrade}: Pick<Report, 'upgrade'>): readonly string[] {
  if (upgrade === undefined) return [];
  const where = [
    `run ${upgrade.run}`,
    ...(upgrade.phase === null ? [] : [`phase ${upgrade.phase}`]),
    ...(upgrade.snapshot === null ? [] : [`snapshot ${upgrade.snapshot}`]),
    ...(upgrade.lockId === null || upgrade.result !== 'resumable' ? [] : [`lock ${upgrade.lockId}`]),
  ];
  const error = upgrade.error === null ? [] : [`${upgrade.error.code}: ${upgrade.error.message}`];
  const back = upgrade.result === 'resumable' && upgrade.phase?.startsWith('rollback');
  const sentence = back ? 'The rollback is unfinished: rollback goes on with it.' : SENTENCES[upgrade.result];
  return [`${sentence} (${where.join(', ')})`, ...error];
}

/** How to go on by hand, where somebody may have to. */
export function rollbackCard({upgrade}: Pick<Report, 'upgrade'>): readonly string[] {
  if (upgrade === undefined) return [];
  return ['upgraded', 'resumable', 'needs-person'].includes(upgrade.result) ? upgrade.card : [];
}

/** What a report's VMs are called together: with the appliance among them they are not all containerVMs. */
export function vmNoun({vms}: {readonly vms: Report['vms']}): 'VM' | 'containerVM' {
  return vms.some(({kind}) => kind === 'appliance') ? 'VM' : 'containerVM';
}
