export {VirtualClock} from '../src/rehearsal/virtual-clock.js';
