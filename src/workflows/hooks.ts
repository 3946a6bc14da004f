import { messageOf } from '../errors.js'
import { runHooks, type HookMoment, type HookNote, type PartHooks } from '../execute/run-hooks.js'
import type { HookEvent, HookFacts } from '../model/hooks.js'
import type { RunPart } from '../model/journal.js'
import type { RunFailure } from '../model/outcome.js'
import type { PreparedUpgrade } from '../model/prepared.js'
import type { RollbackPlan } from '../model/rollback-plan.js'
import type { UpgradeRequest } from '../model/upgrade-request.js'
import type { WritePorts } from '../ports/ports.js'
import { noteInJournal, type LiveRun } from './live-run.js'
import { refuseStale } from './refuse-stale.js'

/** The hooks of a part of a run; `hop` counts from 0. */
export function hooksOf(run: LiveRun, { part, hop }: { part: RunPart; hop?: number }): PartHooks {
  return async (event, moment) => {
    const { request, interrupts, lock, ports, store } = run
    const settings = moment.mayNotStop && request.hooks ? { ...request.hooks, deadlineMs: 0 } : request.hooks
    const stepId = moment.step?.id ?? 'run'
    const note: HookNote = async (message, evidence) => {
      if (stepId === 'run') return noteInJournal(run, { part, phase: 'progress', message, evidence })
      const at = new Date(ports.clock.now()).toISOString()
      const line = { runId: store.location.runId, at, part, stepId, phase: 'progress' } as const
      await store.appendJournal({ ...line, message: ports.redact(message), evidence })
    }
    // What comes after a failure or an interruption is to clean up: only a second Ctrl-C ends it.
    const cleansUp = event === 'after-run' || (moment.outcome ?? 'succeeded') !== 'succeeded'
    const signal = cleansUp ? interrupts.stopNow : AbortSignal.any([interrupts.finishStep, lock.lost])
    const hooks = runHooks(event, factsOf(run, moment, { part, hop }), { settings, note, signal }, ports)
    await hooks.catch((error: unknown) => {
      // A hook that was stopped because the lock is gone has done nothing wrong.
      throw lock.lost.aborted ? (lock.lost.reason as Error) : error
    })
  }
}

/**
 * What must say yes before a new run: hooks, and the cluster, which is still as planned. Where it does not,
 * nothing of the run stays. Throws `HookFailed` and `PlanStale`.
 */
export async function askBeforeRun(run: LiveRun): Promise<void> {
  const { plan, store, ports } = run
  try {
    await hooksBeforeRun(run)
    // A hook may have taken its time.
    await refuseStale(run, ports)
  } catch (error) {
    const gone = ports.runs.remove(plan.cluster.uid, plan.release, store.location.runId)
    await toldOnly(gone, ports)
    throw error
  }
}

/** Hooks before the run; throws `HookFailed`, with nothing changed. */
export async function hooksBeforeRun(run: LiveRun, part: RunPart = 'run'): Promise<void> {
  await hooksOf(run, { part })('before-run', {})
}

/** Hooks after the run: what is done is done, so that one that fails is told and no more. */
export async function hooksAfterRun(run: LiveRun, moment: HookMoment, part: RunPart = 'run'): Promise<void> {
  await toldOnly(hooksOf(run, { part })('after-run', moment), run.ports)
}

/** Hooks after a hop (from 0); the failure that ends the run, where the hop or a hook has one. */
export async function hooksAfterHop(
  run: LiveRun,
  hop: number,
  failure: HopFailure | undefined,
): Promise<HopFailure | undefined> {
  const hooks = hooksOf(run, { part: `hop-${hop + 1}`, hop })
  if (failure) {
    const outcome = run.interrupts.finishStep.aborted ? 'interrupted' : 'failed'
    await toldOnly(hooks('after-hop', { outcome, message: failure.message }), run.ports)
    return failure
  }
  try {
    await hooks('after-hop', { outcome: 'succeeded' })
    return undefined
  } catch (error) {
    return { step: `after hop ${hop + 1}`, message: run.ports.redact(messageOf(error)), changed: true }
  }
}

type HopFailure = Omit<RunFailure, 'nextCommands'>

/** Hooks around planning, of which there is no run yet. Throws `HookFailed`, with nothing changed. */
export async function planWithHooks<T>(
  request: Pick<UpgradeRequest, 'releaseName' | 'namespace' | 'hooks'>,
  ports: WritePorts,
  work: () => Promise<T>,
  factsOfPlan: (planned: T) => HookFacts,
): Promise<T> {
  const { releaseName = '', namespace } = request
  const known = { release: releaseName, ...(namespace === undefined ? {} : { namespace }) }
  const hook = (event: HookEvent, facts: HookFacts): Promise<void> => {
    // Before the first change Ctrl-C ends the process, and the hook with it.
    const run = { settings: request.hooks, note: async () => undefined, signal: new AbortController().signal }
    return runHooks(event, facts, run, ports)
  }
  await hook('before-plan', known)
  const planned = await work().catch(async (error: unknown) => {
    const message = ports.redact(messageOf(error))
    await toldOnly(hook('after-plan', { ...known, outcome: 'failed', message }), ports)
    throw error
  })
  await hook('after-plan', { ...factsOfPlan(planned), outcome: 'succeeded' })
  return planned
}

/** What a hook is told of a plan. */
export function upgradeFacts({ plan }: Pick<PreparedUpgrade, 'plan'>): HookFacts {
  return { ...planFacts({ plan }), verdict: plan.verdict }
}

/** What a hook is told of the way back. */
export function rollbackFacts({ release, cluster, from, to }: RollbackPlan): HookFacts {
  return {
    ...{ release: release.name, namespace: release.namespace, context: cluster.kubeContext },
    ...{ from: from.chartVersion, to: to.chartVersion },
  }
}

function planFacts({ plan }: Pick<PreparedUpgrade, 'plan'>): HookFacts {
  const { release, cluster, from, to } = plan
  return {
    ...{ release: release.name, namespace: release.namespace, context: cluster.kubeContext },
    ...{ from: from.chartVersion, to: to.chartVersion },
  }
}

function factsOf(
  run: LiveRun,
  { step, outcome, message }: HookMoment,
  { part, hop }: { part: RunPart; hop: number | undefined },
): HookFacts {
  const { plan, store, ports } = run
  const facts = planFacts(run)
  const { from, to } = facts
  const planned = hop === undefined ? undefined : plan.hops[hop]
  return {
    ...facts,
    ...(part === 'rollback' ? { from: to ?? '', to: from ?? '' } : {}),
    ...(planned ? { from: planned.from, to: planned.to, hop: `${(hop ?? 0) + 1}/${plan.hops.length}` } : {}),
    ...{ run: store.location.runId, runFolder: store.location.folder, part },
    ...(step ? { step: { id: step.id, type: step.type, title: ports.redact(step.title) } } : {}),
    ...(outcome ? { outcome } : {}),
    ...(message === undefined ? {} : { message: ports.redact(message) }),
  }
}

async function toldOnly(work: Promise<void>, { progress, redact }: WritePorts): Promise<void> {
  await work.catch((error: unknown) => progress({ type: 'note', message: redact(messageOf(error)) }))
}
