import type { LastRun, MeshStatus } from '../model/mesh-status.js'
import type { LockState } from '../model/run-lock.js'
import { isStopped, type RunRecord, type RunState } from '../model/run-record.js'
import { table } from './text.js'
import { themeOf, type Theme } from './theme.js'
import type { View } from './view.js'

/** Seconds are exact enough for a person. */
function when(time: string): string {
  return time.replace(/\.\d+(?=Z$)/, '')
}

const words: Record<RunState, [tone: 'good' | 'bad' | 'warn' | 'strong', text: string]> = {
  none: ['strong', 'none'],
  running: ['strong', 'running'],
  died: ['bad', 'died'],
  succeeded: ['good', 'succeeded'],
  failed: ['bad', 'failed'],
  'rolled-back': ['warn', 'rolled back'],
  interrupted: ['warn', 'interrupted'],
  unknown: ['warn', 'unknown'],
}

/** Lock and last run of each mesh that has one, and the commands that go on with or take back a run that has not ended well. */
export function runLines(meshes: readonly MeshStatus[], view: View): string[] {
  const theme = themeOf(view)
  return meshes.flatMap((mesh) => {
    const rows = rowsOf(mesh, theme)
    if (rows.length === 0) return []
    const { state, resourcesAwaySince } = mesh.lastRun ?? {}
    const verbs = isStopped(state) || resourcesAwaySince !== undefined ? ['resume', 'rollback'] : []
    return [
      '',
      theme.heading(`${mesh.release} in ${mesh.namespace}`),
      ...table(rows, view.width, 2),
      ...verbs.map(
        (verb) => `  → ${theme.command(`${view.program} ${verb} ${mesh.release} -n ${mesh.namespace}`)}`,
      ),
    ]
  })
}

function rowsOf({ lock, lastRun, runUnknown }: MeshStatus, theme: Theme): string[][] {
  return [
    ...(lock ? [['Lock', lockText(lock, theme)]] : []),
    ...(lastRun ? [['Last run', runText(lastRun, theme)]] : []),
    ...(runUnknown === undefined ? [] : [['Last run', theme.warn(`unknown: ${runUnknown}`)]]),
  ]
}

function lockText({ holder, since, runsOutAt, state, process, runId }: LockState, theme: Theme): string {
  const lead = state === 'held' ? `held by ${holder}` : theme.warn(`was held by ${holder}`)
  const end =
    runsOutAt === undefined ? 'it has no end' : `${state === 'held' ? 'until' : 'ran out'} ${when(runsOutAt)}`
  const parts = [
    lead,
    ...(since === undefined ? [] : [`since ${when(since)}`]),
    state === 'held' ? `${end} unless renewed` : end,
    ...(process === 'unknown' ? [] : [process === 'alive' ? 'its process runs here' : 'its process is gone']),
    ...(runId === undefined ? [] : [`run ${runId}`]),
  ]
  return parts.join(', ')
}

function runText(run: LastRun, theme: Theme): string {
  const [tone, text] = words[run.state]
  const path = run.from !== undefined && run.to !== undefined ? [`${run.from} → ${run.to}`] : []
  const isOver = run.finishedAt !== undefined
  const parts = [
    theme[tone](text),
    ...path,
    ...(run.hop === undefined ? [] : [`hop ${run.hop}`]),
    ...(run.step === undefined || run.state === 'succeeded' ? [] : [`step ${run.step}`]),
    ...(run.startedAt === undefined ? [] : [`started ${when(run.startedAt)}`]),
    ...(isOver ? [`finished ${when(run.finishedAt ?? '')}`] : lastSeen(run)),
    `run ${run.run}`,
    ...(run.location === undefined ? [] : [`in ${run.location}`]),
  ]
  return [parts.join(', '), ...reasonLine(run), ...awayLine(run, theme)].join('\n')
}

/** What is not in the cluster any more is the first thing to know. */
function awayLine({ resourcesAwaySince: since }: LastRun, theme: Theme): string[] {
  if (since === undefined) return []
  const what = `custom resources were deleted at ${when(since)}, and not made again by this run`
  return [theme.bad(`${what}: its backup has them`)]
}

function lastSeen({ updatedAt }: RunRecord): string[] {
  return updatedAt === undefined ? [] : [`last heard of ${when(updatedAt)}`]
}

/** Why it failed, in the words of the run. */
function reasonLine({ state, conditions }: LastRun): string[] {
  const failed = conditions.find(({ type, status }) => type === 'Failed' && status === 'True')
  return state === 'succeeded' || !failed || failed.message === '' ? [] : [failed.message]
}
