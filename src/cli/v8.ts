import {setFlagsFromString} from 'node:v8';
import type {ProgressEvent} from '../containers/outcome.js';

/** With so many containerVMs a VCH is large: there, memory counts more than a tenth of the CPU time. */
const LARGE = 3_000;

const RELEASE = Number(process.versions.node.split('.')[0]);

// By default, V8 lets the 50 MB that a VCH of 10,000 containerVMs needs grow to 250 before it collects garbage. In Node 24 it
// does so even where it optimizes for size, unless a percentage is given; 0 leaves that to V8.
const SAVES_MEMORY = [
  '--optimize-for-size',
  `--heap-growing-percent=${RELEASE < 24 ? 0 : 10}`,
  '--semi-space-growth-factor=1',
  '--incremental-marking',
];
// By the time that a VCH is read, the young generation has 16 MB. In Node 24 it would go on to 64, and save no time by it.
// Incremental marking starts early, every few hundred milliseconds. Marking at once happens once or twice, and takes 15 ms.
const SAVES_TIME = [
  '--no-optimize-for-size',
  '--heap-growing-percent=60',
  `--semi-space-growth-factor=${RELEASE < 24 ? 4 : 1}`,
  '--no-incremental-marking',
];
/** Nearly nothing can be freed there: unless the heap may double each time, collecting it takes most of the time. */
const HOLDS_ALL = [
  '--no-optimize-for-size',
  '--heap-growing-percent=100',
  '--semi-space-growth-factor=2',
  '--incremental-marking',
];

// By default, V8 optimizes what has run for a millisecond: in a process of seconds, that costs more than it brings. Each
// release of Node has its own name for when, and complains of one that it does not know.
const OPTIMIZES_LATER: Readonly<Record<string, string>> = {
  20: '--interrupt-budget=800000',
  22: '--invocation-count-for-turbofan=30000',
  24: '--invocation-count-for-turbofan=30000',
};

/** What is known of the VMs that this process holds; `null` before `setUpV8`, as in the process of a test. */
let held: 'unknown' | 'all' | null = null;

/** How V8 collects garbage until the size of a VCH is known, and when it optimizes. */
export function setUpV8(): void {
  held = 'unknown';
  // Most of what is made before a VCH is read is garbage at once.
  set([...SAVES_MEMORY, '--semi-space-growth-factor=4']);
  const later = OPTIMIZES_LATER[RELEASE];
  if (later !== undefined) set([later]);
}

/** Called where a process is going to hold every VM: of a copy, or of a simulator. */
export function holdAll(): void {
  if (held === null) return;
  held = 'all';
  set(HOLDS_ALL);
}

/** Hears how large the VCH is, and spends some memory on speed where it is small. */
export function saveTimeWhereSmall(event: ProgressEvent): void {
  if (held !== 'unknown' || event.type !== 'phase' || event.phase !== 'read') return;
  set(event.total !== null && event.total < LARGE ? SAVES_TIME : SAVES_MEMORY);
}

function set(flags: readonly string[]): void {
  for (const flag of flags) setFlagsFromString(flag);
}
