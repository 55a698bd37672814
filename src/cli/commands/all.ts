import type {Command} from '../command.js';
import {apply} from './apply.js';
import {audit} from './audit.js';
import {check} from './check.js';
import {history} from './history.js';
import {ls} from './ls.js';
import {plan} from './plan.js';
import {pluginsCheck} from './plugins-check.js';
import {pluginsList} from './plugins-list.js';
import {pluginsNew} from './plugins-new.js';
import {rename} from './rename.js';
import {resume} from './resume.js';
import {rollback} from './rollback.js';
import {show} from './show.js';
import {simulate} from './simulate.js';
import {status} from './status.js';
import {undo} from './undo.js';
import {unlock} from './unlock.js';
import {upgrade} from './upgrade.js';
import {verify} from './verify.js';

/** Every command, in the order of the help. They are light: what they set in motion is loaded when they run. */
export const commands: readonly Command[] = [
  ls,
  plan,
  apply,
  verify,
  undo,
  status,
  check,
  upgrade,
  rollback,
  resume,
  unlock,
  history,
  rename,
  audit,
  show,
  pluginsList,
  pluginsNew,
  pluginsCheck,
  simulate,
];
