import { UpgradeError } from '../errors.js'
import { isSameCrd, type LiveCrd } from '../model/crd.js'
import type { ObjectRef } from '../model/object-ref.js'
import { awaitServed } from './await-crds.js'
import { awaitGone } from './await-gone.js'
import type { RunContext } from './run-context.js'

const establishedWithinMs = 60_000

type Work = Pick<RunContext, 'ports' | 'interrupts'>

/**
 * Puts CRDs back as they were: one that is gone is made again, one that differs is replaced, and one that is
 * being deleted is awaited first, for at most `withinMs`. Tells `onEach` before each. Throws `StepFailed`.
 */
export async function putCrdsBack(
  crds: readonly LiveCrd[],
  { withinMs, onEach }: { withinMs: number; onEach: (name: string) => Promise<void> },
  work: Work,
): Promise<void> {
  const { cluster } = work.ports
  const going = (await cluster.readCrds(crds.map(({ name }) => name))).filter(isGoing)
  if (going.length > 0) await awaitGone(going, work, withinMs)
  const live = await cluster.readCrds(crds.map(({ name }) => name))
  for (const crd of crds) {
    const now = live.find(({ name }) => name === crd.name)
    if (now && isSameCrd(now, crd)) continue
    await onEach(crd.name)
    await putBack(crd, now, work)
  }
  await awaitServed(async () => [...crds], work, establishedWithinMs)
}

/** Of CRDs of a backup, those that are not as they were. Throws `ApiFailure`. */
export async function crdsToPutBack(
  crds: readonly LiveCrd[],
  { cluster }: Pick<RunContext['ports'], 'cluster'>,
): Promise<LiveCrd[]> {
  const live = await cluster.readCrds(crds.map(({ name }) => name))
  return crds.filter((crd) => {
    const now = live.find(({ name }) => name === crd.name)
    return !now || isGoing(now) || !isSameCrd(now, crd)
  })
}

/** True where a CRD is on its way out, which cannot be stopped. */
export function isGoing({ object }: LiveCrd): boolean {
  return object.metadata.deletionTimestamp !== undefined
}

export function crdRef(name: string): ObjectRef {
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name }
}

async function putBack(crd: LiveCrd, now: LiveCrd | undefined, { ports }: Work): Promise<void> {
  const { uid = '', resourceVersion = '' } = now?.object.metadata ?? {}
  const ref = crdRef(crd.name)
  const put = now
    ? await ports.rawWriter.replaceRaw(ref, crd.raw, { uid, resourceVersion })
    : await ports.rawWriter.createRaw(ref, crd.raw)
  if (put.ok) return
  throw new UpgradeError('StepFailed', `put CRD ${crd.name} back: ${put.refusal.message}`, {
    remedy: 'mend what the server names, then run the command again',
  })
}
