import {VimFault} from '../soap/fault.js';
import {reference, type Value} from '../soap/value.js';
import type {Outcome, SessionCall} from './method.js';

/** Answers a `*_Task` call with a task that carries out `run` at its end. */
export function startTask(
  call: SessionCall,
  descriptionId: string,
  entity: {readonly type: string; readonly id: string; readonly name: string},
  run: () => Value | undefined,
): Outcome {
  const {vcenter, session, method, taskFault} = call;
  if (vcenter.settings.concurrentTasks === 'TaskInProgress' && vcenter.tasks.isBusy(entity.id)) {
    throw new VimFault(
      'TaskInProgress',
      'The operation is not allowed because another task is already in progress.',
    );
  }
  const {task, done} = vcenter.tasks.start({
    method,
    descriptionId,
    entity,
    entityName: entity.name,
    userName: session.user.name,
    duration: vcenter.taskDuration(),
    run: () => {
      if (taskFault !== undefined) throw taskFault;
      return run();
    },
  });
  return {result: reference(task), settled: done};
}
