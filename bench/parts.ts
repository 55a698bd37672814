import type {Part} from './part.js';
import {apply, tasks} from './parts/apply.js';
import {fleet} from './parts/fleet.js';
import {library} from './parts/library.js';
import {rehearsal} from './parts/rehearsal.js';
import {scale} from './parts/scale.js';
import {start} from './parts/start.js';
import {upgrade} from './parts/upgrade.js';

/** Every part of the benchmark, in the order of its results. */
export const PARTS: readonly Part[] = [start, apply, tasks, scale, upgrade, rehearsal, fleet, library];
