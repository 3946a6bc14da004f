import { UpgradeError } from '../errors.js'
import { customResourceKind, type LiveCrd } from '../model/crd.js'
import { listField } from '../model/kube-object.js'
import type { ClusterReader } from '../ports/cluster.js'
import type { RunContext } from './run-context.js'

const pollEveryMs = 100
const stalledAfterMs = 3_000
/** An interruption should not leave a deletion half done that is as good as finished. */
const graceMs = 10_000
const shown = 5

/**
 * Waits until CRDs that are being deleted are gone, told by their uid. An object with a finalizer holds its CRD
 * until whoever set it takes it away: it is named, never stripped. Throws `StepFailed` with what holds them.
 */
export async function awaitGone(
  deleted: readonly LiveCrd[],
  { ports, interrupts }: Pick<RunContext, 'ports' | 'interrupts'>,
  withinMs: number,
): Promise<void> {
  const startedAt = ports.clock.now()
  let deadline = startedAt + withinMs
  let isHurried = false
  for (;;) {
    const left = await remaining(deleted, ports.cluster)
    if (left.length === 0) return
    const now = ports.clock.now()
    if (interrupts.finishStep.aborted && !isHurried) {
      isHurried = true
      deadline = Math.min(deadline, now + graceMs)
    }
    const isStalled = now - startedAt >= stalledAfterMs
    const holders = isStalled ? await holdersOf(left, ports.cluster) : []
    const names = left.map(({ name }) => name).join(', ')
    const why = holders.length > 0 ? `: ${holders.join('; ')}` : ''
    if (now >= deadline) throw stalled(`CRD ${names} is still being deleted${why}`)
    const message = `waiting until ${names} is gone${why}`
    const done = deleted.length - left.length
    ports.progress({ type: 'step-progress', message, done, total: deleted.length })
    await ports.clock.sleep(isStalled ? 10 * pollEveryMs : pollEveryMs)
  }
}

/** Of CRDs as they were, those that are still there: the same object, by its uid. */
export async function remaining(
  crds: readonly LiveCrd[],
  cluster: Pick<ClusterReader, 'readCrds'>,
): Promise<LiveCrd[]> {
  const uids = new Map(crds.map(({ name, object }) => [name, object.metadata.uid]))
  const live = await cluster.readCrds([...uids.keys()])
  return live.filter(({ name, object }) => object.metadata.uid === uids.get(name))
}

/** `MeshConfig osm-system/osm-mesh-config has the finalizer example.com/hold`, a few of them. */
async function holdersOf(crds: readonly LiveCrd[], cluster: ClusterReader): Promise<string[]> {
  const holders: string[] = []
  for (const { object } of crds) {
    const kind = customResourceKind(object)
    if (!kind) continue
    const look = cluster.eachRawPage(kind, async (page) => {
      for (const { raw, namespace, name } of page) {
        const finalizers = listField(JSON.parse(raw), 'metadata', 'finalizers').map(String)
        if (finalizers.length === 0 || holders.length >= shown) continue
        const place = namespace === '' ? name : `${namespace}/${name}`
        holders.push(`${kind.kind} ${place} has the finalizer ${finalizers.join(', ')}`)
      }
    })
    // The CRD may go while its objects are listed.
    await look.catch(() => undefined)
  }
  return holders
}

function stalled(message: string): UpgradeError {
  return new UpgradeError('StepFailed', message, {
    remedy:
      'whoever set the finalizer has to take it away: see to its controller; then go on with {program} resume, or go back with {program} rollback',
  })
}
