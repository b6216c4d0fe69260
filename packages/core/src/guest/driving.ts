/** What `perdure/api` means in workflow code: driving runs is work for steps. */
import { absentInWorkflow } from '../messages.ts';

const inStep = 'Call it in a function with "use step".';

export function start(): never {
  throw absentInWorkflow('start()', inStep);
}

export function getRun(): never {
  throw absentInWorkflow('getRun()', inStep);
}

export function resumeHook(): never {
  throw absentInWorkflow('resumeHook()', inStep);
}

export function getHookByToken(): never {
  throw absentInWorkflow('getHookByToken()', inStep);
}
