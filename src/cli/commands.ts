import type {Command} from './command.js';
import {apply} from './commands/apply.js';
import {audit} from './commands/audit.js';
import {check} from './commands/check.js';
import {completion} from './commands/completion.js';
import {doctor} from './commands/doctor.js';
import {dump} from './commands/dump.js';
import {fleetApprove, fleetCancel, fleetPause, fleetResume, fleetRetry} from './commands/fleet/decide.js';
import {fleetReport, fleetStatus, fleetWatch} from './commands/fleet/look.js';
import {fleetServe} from './commands/fleet/serve.js';
import {fleetApply, fleetPlan, fleetRollback, fleetUpgrade, fleetVerify} from './commands/fleet/start.js';
import {fleetValidate} from './commands/fleet/validate.js';
import {fleetWorker} from './commands/fleet/worker.js';
import {help} from './commands/help.js';
import {history} from './commands/history.js';
import {ls} from './commands/ls.js';
import {plan} from './commands/plan.js';
import {pluginsCheck} from './commands/plugins-check.js';
import {pluginsList} from './commands/plugins-list.js';
import {pluginsNew} from './commands/plugins-new.js';
import {rehearse} from './commands/rehearse.js';
import {rename} from './commands/rename.js';
import {resume} from './commands/resume.js';
import {rollback} from './commands/rollback.js';
import {show} from './commands/show.js';
import {simulate} from './commands/simulate.js';
import {status} from './commands/status.js';
import {undo} from './commands/undo.js';
import {unlock} from './commands/unlock.js';
import {upgrade} from './commands/upgrade.js';
import {verify} from './commands/verify.js';
import {version} from './commands/version.js';
import {wait} from './commands/wait.js';

// Why: docs/decisions/017-the-cli-is-bundled.md

/** Every command, in the order of the help. They are light: what they set in motion is loaded when they run. */
export const commands: readonly Command[] = [
  ls,
  plan,
  apply,
  verify,
  wait,
  undo,
  status,
  check,
  rehearse,
  upgrade,
  rollback,
  resume,
  unlock,
  history,
  rename,
  audit,
  doctor,
  dump,
  show,
  pluginsList,
  pluginsNew,
  pluginsCheck,
  fleetValidate,
  fleetPlan,
  fleetApply,
  fleetUpgrade,
  fleetVerify,
  fleetRollback,
  fleetStatus,
  fleetWatch,
  fleetApprove,
  fleetPause,
  fleetResume,
  fleetRetry,
  fleetCancel,
  fleetReport,
  fleetWorker,
  fleetServe,
  simulate,
  completion,
  help,
  version,
];
