const READ = ['keyed-paths', 'missing-key', 'paging'];
const UNLOCK = [
  ...READ,
  'change-version',
  'task-wait',
  'keys-kept',
  'concurrent-access',
  'empty-removes',
  'hidden-while-running',
];
const WRITE = [...UNLOCK, 'blanks', 'characters', 'odd-keys'];
const APPLIANCE = [...WRITE, 'long-values'];
/** What takes a VCH down; not what brings it up again. */
const UPGRADE = [...APPLIANCE, 'session', 'snapshot'];

/** What each command that works on a target stands on: the assumptions without which it does harm or comes to nothing. */
export const STANDS: Readonly<Record<string, readonly string[]>> = {
  ls: READ,
  plan: READ,
  apply: WRITE,
  verify: READ,
  wait: READ,
  undo: WRITE,
  status: READ,
  check: READ,
  rehearse: READ,
  upgrade: [...UPGRADE, 'upload'],
  'upgrade --data-only': UPGRADE,
  rollback: APPLIANCE,
  resume: [...APPLIANCE, 'upload'],
  unlock: UNLOCK,
  history: READ,
  rename: WRITE,
  audit: READ,
  // It is what finds out.
  doctor: [],
  dump: READ,
};

/** Where only the plan shows whether a command needs it: whether it writes to a VM that runs, or uploads. */
const SEEN_IN_PLAN: Readonly<Record<string, readonly string[]>> = {
  'hidden-while-running': [
    'apply',
    'undo',
    'upgrade',
    'upgrade --data-only',
    'rollback',
    'resume',
    'unlock',
    'rename',
  ],
  upload: ['resume'],
};

/** The commands that stand on an assumption; those of other releases are not known. */
export function standingOn(id: string): readonly string[] {
  return Object.keys(STANDS).filter((command) => !command.includes(' ') && STANDS[command]?.includes(id));
}

/** Whether only its plan shows that a command stands on that. */
export function isSeenInPlan(id: string, command: string): boolean {
  return SEEN_IN_PLAN[id]?.includes(command) === true;
}
