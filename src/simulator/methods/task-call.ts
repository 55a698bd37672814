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
  const {vcenter, session, method, taskFault, carriedOut, ignored} = call;
  const running = vcenter.tasks.runningOn(entity.id);
  // Only a VM can be told to be busy: on anything else tasks wait for each other.
  if (
    running !== undefined &&
    vcenter.settings.concurrentTasks === 'TaskInProgress' &&
    entity.type === 'VirtualMachine'
  ) {
    throw new VimFault(
      'TaskInProgress',
      'The operation is not allowed because another task is already in progress.',
      [['task', reference(running)]],
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
      if (taskFault !== undefined && !carriedOut) throw taskFault;
      const result = ignored ? undefined : run();
      if (taskFault !== undefined) throw taskFault;
      return result;
    },
  });
  return {result: reference(task), settled: done};
}
