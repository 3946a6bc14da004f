import { field, textField, type KubeObject } from './kube-object.js'
import { plainText } from './plain-text.js'
import type { ReleaseName } from './release.js'
import { historyText, historyWith, parseHistory, type RunOutcome, type RunSummary } from './run-history.js'
import type { LockState } from './run-lock.js'

export const runPhases = ['Running', 'Succeeded', 'Failed', 'RolledBack', 'Interrupted'] as const
export type RunPhase = (typeof runPhases)[number]

/** What does not change while a run goes on. */
export interface RunIdentity {
  release: ReleaseName
  runId: string
  from: string
  to: string
  planDigest: string
  /** `user@host pid 123`. */
  holder: string
  /** Host and folder of the run: `host:/folder`. */
  location: string
}

/** One thing that is to be seen from outside. */
export interface RunChange {
  phase: RunPhase
  /** CamelCase, for programs; the phase where it is left out. */
  reason?: string
  message: string
  /** `1/2`. */
  hop?: string
  /** Id of the step that runs. */
  step?: string
  /** Helm's revision number of the release. */
  observedRevision?: number
}

export interface RunCondition {
  type: 'Progressing' | 'Succeeded' | 'Failed'
  status: 'True' | 'False'
  reason: string
  message: string
  observedRevision?: number
  lastTransitionTime: string
}

/** What the ConfigMap `mesh-upgrade.<release>` tells of the last run; what it does not tell is absent. */
export interface RunRecord {
  run: string
  phase: RunPhase | 'Unknown'
  from?: string
  to?: string
  hop?: string
  step?: string
  planDigest?: string
  startedAt?: string
  updatedAt?: string
  finishedAt?: string
  holder?: string
  location?: string
  conditions: RunCondition[]
  /** The last runs of the release, this one among them, newest first. */
  history?: RunSummary[]
}

/** How a run is, judged by its record and its lock together. */
export type RunState =
  'none' | 'running' | 'died' | 'succeeded' | 'failed' | 'rolled-back' | 'interrupted' | 'unknown'

/** True where the run came to no good end and `resume` or `rollback` may be due. */
export function isStopped(state: RunState | undefined): boolean {
  return state === 'died' || state === 'failed' || state === 'interrupted'
}

/** Reference of the ConfigMap. */
export function recordRef({ name, namespace }: ReleaseName): {
  apiVersion: 'v1'
  kind: 'ConfigMap'
  namespace: string
  name: string
} {
  return { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: `mesh-upgrade.${name}` }
}

/**
 * The record after a change. Of the record before only what belongs to the same run is kept: when it
 * started, hop and step, and since when a condition has its status.
 */
export function buildRunRecord(
  run: Omit<RunIdentity, 'release'>,
  change: RunChange,
  before: RunRecord | undefined,
  at: string,
): RunRecord {
  const { runId, ...facts } = run
  const same = before?.run === runId ? before : { run: runId, startedAt: at, conditions: [] }
  const { hop, step, startedAt = at }: Partial<RunRecord> = { ...same, ...given(change, 'hop', 'step') }
  return {
    run: runId,
    phase: change.phase,
    ...facts,
    ...given({ hop, step }, 'hop', 'step'),
    startedAt,
    updatedAt: at,
    ...(change.phase === 'Running' ? {} : { finishedAt: at }),
    conditions: conditionsAfter(change, same.conditions, at),
    history: historyAfter({ runId, startedAt, ...facts }, change, before?.history ?? [], at),
  }
}

const outcomeOfPhase = {
  Running: 'running',
  Succeeded: 'succeeded',
  Failed: 'failed',
  RolledBack: 'rolled-back',
  Interrupted: 'interrupted',
} as const satisfies Record<RunPhase, RunOutcome>

function historyAfter(
  run: Omit<RunIdentity, 'release'> & { startedAt: string },
  { phase, hop }: RunChange,
  before: readonly RunSummary[],
  at: string,
): RunSummary[] {
  const { runId, from, to, holder, location } = run
  const known = before.find((each) => each.run === runId)
  // The record may have been that of a later run meanwhile.
  const startedAt = known?.startedAt ?? run.startedAt
  // A run that is taken back keeps the time at which it had ended itself.
  const isBack = hop === 'rollback' || phase === 'RolledBack'
  const ended = isBack && known?.finishedAt !== undefined ? known.finishedAt : at
  const isOpen = phase === 'Running' && !(isBack && known?.finishedAt !== undefined)
  return historyWith(before, {
    ...{ run: runId, outcome: outcomeOfPhase[phase], from, to, holder, location, startedAt },
    ...(isOpen ? {} : { finishedAt: ended }),
    ...(phase === 'RolledBack' ? { rolledBackAt: at } : {}),
  })
}

/** The members that are there. */
function given<K extends string>(
  from: { [key in K]?: string | undefined },
  ...keys: K[]
): { [key in K]?: string } {
  const found = keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]]))
  return Object.fromEntries(found) as { [key in K]?: string }
}

/** The same record, closed: its run ended without saying so. */
export function diedRecord(record: RunRecord, message: string, at: string): RunRecord {
  const change = { phase: 'Failed', reason: 'RunDied', message } as const
  const observed = record.conditions.find(({ observedRevision }) => observedRevision !== undefined)
  const revision =
    observed?.observedRevision === undefined ? {} : { observedRevision: observed.observedRevision }
  const conditions = conditionsAfter({ ...change, ...revision }, record.conditions, at)
  const died = (each: RunSummary): RunSummary =>
    each.run === record.run ? { ...each, outcome: 'died', finishedAt: at } : each
  const history = record.history ? { history: record.history.map(died) } : {}
  return { ...record, phase: 'Failed', updatedAt: at, finishedAt: at, conditions, ...history }
}

function conditionsAfter(change: RunChange, before: readonly RunCondition[], at: string): RunCondition[] {
  const { phase, observedRevision } = change
  const trueType =
    phase === 'Running' ? 'Progressing' : phase === 'Succeeded' ? 'Succeeded' : ('Failed' as const)
  return (['Progressing', 'Succeeded', 'Failed'] as const).map((type) => {
    const status = type === trueType ? 'True' : 'False'
    const last = before.find((each) => each.type === type)
    return {
      ...{ type, status, reason: change.reason ?? phase, message: plainText(change.message, 2000) },
      ...(observedRevision === undefined ? {} : { observedRevision }),
      lastTransitionTime: last?.status === status ? last.lastTransitionTime : at,
    }
  })
}

/** The ConfigMap of a record. Holds no values. */
export function recordObject(release: ReleaseName, record: RunRecord): KubeObject {
  const { apiVersion, kind, namespace, name } = recordRef(release)
  const { conditions, history, ...texts } = record
  const runs = history ? { history: historyText(history) } : {}
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, labels: { 'app.kubernetes.io/managed-by': 'mesh-upgrade' } },
    data: { ...texts, conditions: JSON.stringify(conditions), ...runs },
  }
}

const textKeys = [
  ...[
    'from',
    'to',
    'hop',
    'step',
    'planDigest',
    'startedAt',
    'updatedAt',
    'finishedAt',
    'holder',
    'location',
  ],
] as const satisfies readonly (keyof RunRecord)[]

/** Reads a ConfigMap back; total: undefined where it tells of no run, and what is no text is absent. */
export function parseRunRecord(object: unknown): RunRecord | undefined {
  const data = field(object, 'data')
  const run = plainText(textField(data, 'run'))
  if (run === '') return undefined
  const phase = runPhases.find((each) => each === textField(data, 'phase')) ?? 'Unknown'
  const history = parseHistory(textField(data, 'history'))
  const texts = textKeys.map((key) => [key, plainText(textField(data, key))] as const)
  return {
    ...{ run, phase },
    ...Object.fromEntries(texts.filter(([, text]) => text !== '')),
    conditions: parseConditions(textField(data, 'conditions')),
    ...(history.length > 0 ? { history } : {}),
  }
}

function parseConditions(text: string): RunCondition[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return []
  }
  return Array.isArray(parsed) ? parsed.slice(0, 10).flatMap(conditionOf) : []
}

function conditionOf(value: unknown): RunCondition[] {
  const type = (['Progressing', 'Succeeded', 'Failed'] as const).find((each) => each === field(value, 'type'))
  const status = (['True', 'False'] as const).find((each) => each === field(value, 'status'))
  if (type === undefined || status === undefined) return []
  const observedRevision = field(value, 'observedRevision')
  const text = (key: string): string => plainText(textField(value, key), 2000)
  return [
    {
      ...{ type, status, reason: text('reason'), message: text('message') },
      ...(typeof observedRevision === 'number' ? { observedRevision } : {}),
      lastTransitionTime: text('lastTransitionTime'),
    },
  ]
}

const stateOfPhase = {
  Succeeded: 'succeeded',
  RolledBack: 'rolled-back',
  Interrupted: 'interrupted',
  Unknown: 'unknown',
} as const

/** Running needs a lock of the same run that has not run out, and a process that is not proved to be gone. */
export function runStateOf(record: RunRecord | undefined, lock: LockState | undefined): RunState {
  if (!record) return 'none'
  const { phase } = record
  if (phase === 'Running') return isHeldFor(record, lock) ? 'running' : 'died'
  if (phase === 'Failed') return isDied(record) ? 'died' : 'failed'
  return stateOfPhase[phase]
}

function isHeldFor({ run }: RunRecord, lock: LockState | undefined): boolean {
  return lock?.runId === run && lock.state === 'held' && lock.process !== 'gone'
}

function isDied({ conditions }: RunRecord): boolean {
  return conditions.some(({ type, reason }) => type === 'Failed' && reason === 'RunDied')
}
