import { UpgradeError } from '../../errors.js'
import type { ApplyResult } from '../../model/api-result.js'
import { refOf, type KubeObject } from '../../model/kube-object.js'
import { formatRef, refKey, type ObjectRef } from '../../model/object-ref.js'
import { isOwnedBy, managedByLabel, ownerAnnotations, ownerOf } from '../../model/ownership.js'
import type { Json } from '../../model/values.js'
import type { LiveVersion, RawChanges } from '../../ports/raw-objects.js'
import { journalProgress, type RunContext } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'

const tries = 5
type Fields = NonNullable<RawChanges['fields']>

/**
 * Marks live objects as part of the release, so that helm takes them. One that is gone meanwhile is left to
 * helm, which makes it.
 */
export const adoptObjects: StepRunner = {
  async run(step, context) {
    if (step.type !== 'adopt-objects') return
    const { cluster, rawWriter, progress } = context.ports
    for (const ref of step.objects) {
      progress({ type: 'step-progress', message: formatRef(ref) })
      await journalProgress(context, step, `mark ${formatRef(ref)} as part of ${step.release}`)
      await persist(`adopt ${formatRef(ref)}`, async () => {
        const raw = await cluster.readRaw(ref)
        if (raw === undefined) return undefined
        const live = JSON.parse(raw) as KubeObject
        const owner = { name: step.release, namespace: step.namespace }
        return isOwnedBy(live, owner)
          ? undefined
          : rawWriter.replaceRaw(ref, raw, versionOf(live), { fields: ownerFields(live, owner) })
      })
    }
  },

  async probe(step, { ports }) {
    if (step.type !== 'adopt-objects') return { state: 'done', message: '' }
    const owner = { name: step.release, namespace: step.namespace }
    const live = await Promise.all(step.objects.map((ref) => ports.cluster.readObject(ref)))
    const open = live.flatMap((object) => (object && !isOwnedBy(object, owner) ? [object] : []))
    return open.length === 0
      ? { state: 'done', message: `${live.length} objects are marked as the release's` }
      : { state: 'not-done', message: `${open.map((each) => formatRef(refOf(each))).join(', ')}: not marked` }
  },
}

/** Puts adopted objects back as the backup has them, also where helm took them away. */
export const unadoptObjects: StepRunner = {
  async run(step, context) {
    if (step.type !== 'unadopt-objects') return
    const { cluster, rawWriter } = context.ports
    for (const { ref, raw, kept } of await keptObjects(step.objects, step.hop, context)) {
      await journalProgress(context, step, `put ${formatRef(ref)} back as it was`)
      const fields: Fields = [{ path: ['metadata', 'managedFields'], value: managersOf(kept) }]
      await persist(`put ${formatRef(ref)} back`, async () => {
        const live = await cluster.readObject(ref)
        return live
          ? rawWriter.replaceRaw(ref, raw, versionOf(live), { fields })
          : rawWriter.createRaw(ref, raw)
      })
    }
  },

  async probe(step, context) {
    if (step.type !== 'unadopt-objects') return { state: 'done', message: '' }
    const kept = await keptObjects(step.objects, step.hop, context)
    const live = await Promise.all(kept.map(({ ref }) => context.ports.cluster.readObject(ref)))
    const isBack = live.every(
      (object, index) => object && ownerOf(object)?.name === ownerOf(kept[index]?.kept)?.name,
    )
    return isBack
      ? { state: 'done', message: 'no object is marked any more' }
      : { state: 'not-done', message: 'not every object is as it was' }
  },
}

function ownerFields(live: KubeObject, { name, namespace }: { name: string; namespace: string }): Fields {
  const annotation = (key: string, value: string): Fields[number] => ({
    path: ['metadata', 'annotations', key],
    value,
  })
  return [
    { path: ['metadata', 'labels', managedByLabel], value: 'Helm' },
    annotation(ownerAnnotations.name, name),
    annotation(ownerAnnotations.namespace, namespace),
    { path: ['metadata', 'managedFields'], value: disowned(live) },
  ]
}

/**
 * Who owned which field, without those who wrote the object so far: helm 4 applies on the server and would
 * conflict with them ("Apply failed with 1 conflict"). A list that is empty would let the server make up an owner
 * of all.
 */
function disowned(live: KubeObject): Json {
  const ours = {
    ...{ manager: 'mesh-upgrade', operation: 'Update', apiVersion: live.apiVersion },
    ...{ fieldsType: 'FieldsV1', time: live.metadata.creationTimestamp ?? null },
    fieldsV1: { 'f:metadata': { 'f:annotations': { [`f:${ownerAnnotations.name}`]: {} } } },
  }
  return [...managersOf(live).filter(isOfSubresource), ours]
}

function managersOf({ metadata }: KubeObject): Json[] {
  return metadata.managedFields ?? []
}

function isOfSubresource(entry: Json): boolean {
  return typeof entry === 'object' && entry !== null && 'subresource' in entry && entry.subresource !== ''
}

async function keptObjects(
  refs: readonly ObjectRef[],
  hop: number,
  { store }: RunContext,
): Promise<{ ref: ObjectRef; raw: string; kept: KubeObject }[]> {
  const files = store.hop(hop)
  await files.openBackup()
  const raws = await files.readBackupObjects()
  const parsed = raws.map((raw) => ({ raw, kept: JSON.parse(raw) as KubeObject }))
  return refs.flatMap((ref) => {
    const found = parsed.find(({ kept }) => refKey(refOf(kept)) === refKey(ref))
    return found ? [{ ref, ...found }] : []
  })
}

function versionOf({ metadata: { uid = '', resourceVersion = '' } }: KubeObject): LiveVersion {
  return { uid, resourceVersion }
}

/** A write that somebody came before is tried again on what is then there. */
async function persist(what: string, write: () => Promise<ApplyResult | undefined>): Promise<void> {
  for (let left = tries; ; left--) {
    const result = await write()
    if (!result || result.ok) return
    if (result.refusal.status === 409 && left > 1) continue
    throw new UpgradeError('StepFailed', `${what}: ${result.refusal.message}`, {
      remedy: 'mend the cause, then go on with {program} resume',
    })
  }
}
