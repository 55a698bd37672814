/** Where an upgrade or its rollback stands, in the order in which it gets there; kept in lock and record. */
export const PHASES = [
  'locked',
  'upload',
  'containers',
  'snapshot',
  'power-off',
  'appliance',
  'power-on',
  'ready',
  'verify',
  'drop-previous-snapshot',
  'done',
  'rollback',
  'rollback-containers',
  'rollback-cleanup',
] as const;

export type UpgradePhase = (typeof PHASES)[number];

/** Whether an upgrade has got as far as that phase. */
export function reached(phase: UpgradePhase, wanted: UpgradePhase): boolean {
  return PHASES.indexOf(phase) >= PHASES.indexOf(wanted);
}

/** Whether it is being, or was, taken back. */
export function isRollingBack(phase: UpgradePhase): boolean {
  return reached(phase, 'rollback');
}
