import { Flags } from '@oclif/core'

/** Flags for what a run does besides its work, and for what is kept of runs. */

const output = { helpGroup: 'output' }
const consent = { helpGroup: 'consent' }
const hooks = { helpGroup: 'hooks' }
/** What a run does besides its work. */
export const hookFlags = {
  hook: Flags.string({
    ...hooks,
    multiple: true,
    helpValue: 'EVENT=COMMAND',
    description:
      'run a command before-… or after-… plan, run, hop or step (before-step:TYPE); exit code 75 says "not yet" (repeatable)',
  }),
  'hook-timeout': Flags.string({ ...hooks, description: 'longest time for each hook; 60s if left out' }),
  'hook-deadline': Flags.string({
    ...hooks,
    description: 'for how long a hook may say "not yet"; 30m if left out',
  }),
  notify: Flags.string({
    ...hooks,
    multiple: true,
    helpValue: 'URL|FILE',
    description: 'send the end of the run as a CloudEvent, or append it to a file (repeatable)',
  }),
}

const { notify: _notify, ...planHooks } = hookFlags
/** Whom to tell is for the call that runs the plan to say. */
export const planHookFlags = planHooks

export const pruneFlags = {
  keep: Flags.string({
    ...output,
    helpValue: 'N',
    description: 'so many of the newest runs stay; 20 where --older-than is left out as well',
  }),
  'older-than': Flags.string({ ...output, description: 'only runs that began longer ago go: 30d, 12h' }),
  'dry-run': Flags.string({
    ...consent,
    options: ['none', 'client', 'server'],
    default: 'none',
    description: 'show what would go and stop',
  }),
  yes: Flags.boolean({ ...consent, char: 'y', aliases: ['confirm'], description: 'do not ask' }),
}
