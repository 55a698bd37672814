import type {Report} from './report.js';

/** The snapshot to go back to that is still there: a way back that was taken to its end removes it. */
export function snapshotNow({upgrade, findings}: Pick<Report, 'upgrade' | 'findings'>): string | null {
  if (upgrade === undefined) return null;
  const isBack = upgrade.result === 'as-before' || upgrade.result === 'rolled-back';
  return isBack && !findings.some(({code}) => code === 'snapshot-left') ? null : upgrade.snapshot;
}

/** The commands of a way back by hand. Its lines with commands are indented; those of this tool come before `By hand`. */
export function handCommands(card: readonly string[]): readonly string[] {
  const byHand = card.findIndex((line) => line.startsWith('By hand'));
  return card.slice(byHand + 1).flatMap((line) => (line.startsWith('  ') ? [line.trim()] : []));
}

/** The command of a way back that this tool carries out; `null` if there is none. */
export function ownCommand(card: readonly string[]): string | null {
  return card.find((line) => line.startsWith('  vch-migrate rollback'))?.trim() ?? null;
}
