import {setFlagsFromString} from 'node:v8';
import type {ProgressEvent} from '../containers/outcome.js';

/** With so many containerVMs a VCH is large: there, memory counts more than a tenth of the CPU time. */
const LARGE = 3_000;

// By default, V8 lets the 50 MB that a VCH of 10,000 containerVMs needs grow to 250 before it collects garbage.
const SAVES_MEMORY = ['--optimize-for-size', '--heap-growing-percent=0', '--semi-space-growth-factor=1'];
const SAVES_TIME = ['--no-optimize-for-size', '--heap-growing-percent=30', '--semi-space-growth-factor=2'];

// By default, V8 optimizes what has run for a millisecond: in a process of seconds, that costs more than it brings. Each
// release of Node has its own name for when, and complains of one that it does not know.
const OPTIMIZES_LATER: Readonly<Record<string, string>> = {
  20: '--interrupt-budget=800000',
  22: '--invocation-count-for-turbofan=30000',
  24: '--invocation-count-for-turbofan=30000',
};

/** How V8 collects garbage until the size of a VCH is known, and when it optimizes. */
export function setUpV8(): void {
  for (const flag of SAVES_MEMORY) setFlagsFromString(flag);
  const later = OPTIMIZES_LATER[process.versions.node.split('.')[0] ?? ''];
  if (later !== undefined) setFlagsFromString(later);
}

/** Hears how large the VCH is, and spends some memory on speed where it is small. */
export function saveTimeWhereSmall(event: ProgressEvent): void {
  if (event.type !== 'phase' || event.phase !== 'read') return;
  const isSmall = event.total !== null && event.total < LARGE;
  for (const flag of isSmall ? SAVES_TIME : SAVES_MEMORY) setFlagsFromString(flag);
}
