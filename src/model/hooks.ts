import type { PlanVerdict } from './plan.js'
import { hideCredentials, hideUrlPasswords } from './redaction.js'
import { stepTypes, type StepType } from './step.js'

/** Commands of the user that run before and after what the tool does. */

export const hookEvents = [
  ...(['before-plan', 'after-plan', 'before-run', 'after-run'] as const),
  ...(['before-hop', 'after-hop', 'before-step', 'after-step'] as const),
]
export type HookEvent = (typeof hookEvents)[number]

export interface Hook {
  event: HookEvent
  /** Only steps of this type; of every type where it is left out. */
  stepType?: StepType
  /** For a shell. */
  command: string
}

export interface HookSettings {
  hooks: Hook[]
  /** Longest time for each. */
  timeoutMs: number
  /** For how long one may say "not yet". */
  deadlineMs: number
}

/** A hook as the plan shows it, secrets hidden. */
export interface PlannedHook {
  /** `before-step:upgrade-release`. */
  event: string
  command: string
}

/** `EVENT=COMMAND`, where a step's event may name its type; what is wrong with it where it is none. */
export function parseHook(text: string): Hook | string {
  const equals = text.indexOf('=')
  const [when = '', type, ...rest] = (equals < 0 ? text : text.slice(0, equals)).split(':')
  const command = equals < 0 ? '' : text.slice(equals + 1).trim()
  const event = hookEvents.find((each) => each === when)
  if (!event) return `"${when}" is no event; there are ${hookEvents.join(', ')}`
  if (command === '') return `${event} has no command: write ${event}=COMMAND`
  if (type === undefined) return { event, command }
  const stepType = stepTypes.find((each) => each === type)
  if (!event.endsWith('-step') || rest.length > 0) return `${event} takes no type of step`
  if (!stepType) return `"${type}" is no type of step; there are ${stepTypes.join(', ')}`
  return { event, stepType, command }
}

/** How an event is written in plan, journal and messages. */
export function hookName({ event, stepType }: Pick<Hook, 'event' | 'stepType'>): string {
  return stepType === undefined ? event : `${event}:${stepType}`
}

/** The hooks as the plan shows them. */
export function plannedHooks(
  hooks: readonly Hook[],
  redact: (text: string) => string = (text) => text,
): PlannedHook[] {
  return hooks.map((hook) => ({ event: hookName(hook), command: shownCommand(hook.command, redact) }))
}

/** A command without what it shows of credentials. */
export function shownCommand(command: string, redact: (text: string) => string): string {
  return redact(hideCredentials(hideUrlPasswords(command)))
}

/** The hooks of an event, in the order in which they were given. */
export function hooksFor(hooks: readonly Hook[], event: HookEvent, stepType?: StepType): Hook[] {
  return hooks.filter((hook) => {
    return hook.event === event && (hook.stepType === undefined || hook.stepType === stepType)
  })
}

/** EX_TEMPFAIL of sysexits.h: not yet, ask again. */
export const notYet = 75

const defaultRetrySeconds = 10
const longestRetrySeconds = 3600

/** After how long a hook that said "not yet" wants to be asked again, by the last line that it wrote. */
export function retryAfterMs(lastLine: string): number {
  const asked = /^\s*retry-after:\s*(\d{1,9})\s*s?\s*$/i.exec(lastLine)?.[1]
  const seconds = asked === undefined ? defaultRetrySeconds : Number(asked)
  return Math.min(longestRetrySeconds, Math.max(1, seconds)) * 1000
}

/** What a hook is told; never values or secrets. */
export interface HookFacts {
  release: string
  namespace?: string
  context?: string
  from?: string
  to?: string
  run?: string
  runFolder?: string
  /** `hop-1`, `rollback`, `run`. */
  part?: string
  /** `1/2`. */
  hop?: string
  step?: { id: string; type: StepType; title: string }
  /** What planning came to. */
  verdict?: PlanVerdict
  outcome?: HookOutcome
  /** Why it did not go well. */
  message?: string
}

export type HookOutcome = 'succeeded' | 'failed' | 'interrupted' | 'rolled-back'

export const hookApiVersion = 'mesh-upgrade.dev/v1alpha1'

/** The document that a hook reads from its stdin. */
export function hookDocument(event: HookEvent, facts: HookFacts): object {
  return { apiVersion: hookApiVersion, kind: 'HookEvent', event, ...facts }
}

/** The same as environment; what is not known is not set. */
export function hookEnvironment(event: HookEvent, facts: HookFacts): Record<string, string | undefined> {
  const { release, namespace, context, from, to, run, runFolder, part, hop, step, outcome } = facts
  const texts = {
    ...{ EVENT: event, RELEASE: release, NAMESPACE: namespace, CONTEXT: context, FROM: from, TO: to },
    ...{ RUN: run, RUN_FOLDER: runFolder, PART: part, HOP: hop, STEP: step?.id, STEP_TYPE: step?.type },
    OUTCOME: outcome,
  }
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [`MESH_UPGRADE_${name}`, text]))
}
