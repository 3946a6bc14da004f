import { messageOf } from '../errors.js'
import { completionEvent, infrastructureOf, type Infrastructure } from '../model/completion-event.js'
import type { HookOutcome } from '../model/hooks.js'
import type { UpgradeOutcome } from '../model/outcome.js'
import { keptTooMuch } from '../model/run-retention.js'
import type { WritePorts } from '../ports/ports.js'
import { hooksAfterRun } from './hooks.js'
import type { LiveRun } from './live-run.js'

/** How long telling others may hold up the end, all in all. */
const tellWithinMs = 5_000

const outcomes: Partial<Record<UpgradeOutcome['result'], HookOutcome>> = {
  upgraded: 'succeeded',
  'rolled-back': 'rolled-back',
  failed: 'failed',
  interrupted: 'interrupted',
}

/** What comes when a run has ended, however: hooks, telling others, a look at what is kept. Changes no outcome. */
export async function runEnded(run: LiveRun, outcome: UpgradeOutcome): Promise<UpgradeOutcome> {
  const word = outcomes[outcome.result]
  if (!word) return outcome
  const { failure } = outcome
  const message = failure ? { message: `${failure.step}: ${failure.message}` } : {}
  await hooksAfterRun(run, { outcome: word, ...message }, outcome.rollback ? 'rollback' : 'run')
  await tellOthers(run, word)
  await noteRetention(run)
  return outcome
}

async function tellOthers(run: LiveRun, outcome: HookOutcome): Promise<void> {
  const { plan, ports, request, store } = run
  const targets = request.notify ?? []
  if (targets.length === 0) return
  const endedAt = ports.clock.now()
  const isBack = outcome === 'rolled-back'
  const [from, to] = [plan.from.chartVersion, plan.to.chartVersion]
  const event = completionEvent({
    cluster: plan.cluster,
    infrastructure: await infrastructureWithin(1_000, ports),
    ...{ release: plan.release, runId: store.location.runId, outcome, endedAt },
    ...(isBack ? { from: to, to: from, hops: [] } : { from, to, hops: plan.hops }),
    durationMs: endedAt - run.startedAt,
  })
  const timeoutMs = Math.max(1, tellWithinMs - (ports.clock.now() - endedAt))
  const failures = await Promise.all(targets.map((target) => ports.notifier.send(target, event, timeoutMs)))
  for (const why of failures) {
    if (why === undefined) continue
    ports.progress({ type: 'note', message: `the end of the run could not be told: ${ports.redact(why)}` })
  }
}

/** What one node's labels say; nothing where that may not be read or takes too long. */
async function infrastructureWithin(ms: number, { cluster, clock }: WritePorts): Promise<Infrastructure> {
  const enough = new AbortController()
  const asked = cluster.listObjects('v1', 'Node', { metadataOnly: true, most: 1 }).then(
    ([node]) => (node ? infrastructureOf(node.metadata) : {}),
    () => ({}),
  )
  const late = clock.sleep(ms, enough.signal).then(() => ({}))
  const known = await Promise.race([asked, late])
  enough.abort()
  return known
}

/** Nothing is deleted without being asked; that much is kept is said. */
async function noteRetention({ plan, ports }: LiveRun): Promise<void> {
  const { name, namespace } = plan.release
  try {
    const size = await ports.keptRuns.size(plan.cluster.uid, { name, namespace })
    const what = keptTooMuch(size)
    if (what === undefined) return
    const message = `${what}; delete old ones: {program} history prune ${name} -n ${namespace}`
    ports.progress({ type: 'note', message })
  } catch (error) {
    ports.progress({ type: 'note', message: `what is kept of runs is unknown: ${messageOf(error)}` })
  }
}
