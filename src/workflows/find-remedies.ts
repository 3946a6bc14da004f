import { messageOf } from '../errors.js'
import type { Finding } from '../model/finding.js'
import type { KubeObject } from '../model/kube-object.js'
import { refOf } from '../model/kube-object.js'
import { refKey, type ObjectRef } from '../model/object-ref.js'
import { isOwnedBy, ownerOf } from '../model/ownership.js'
import type { ObjectChange } from '../model/plan.js'
import type { ReleaseName } from '../model/release.js'
import type { RecreatedObject } from '../model/step.js'
import { immutableChanges } from '../plan/objects/immutable-fields.js'
import { planAdoption } from '../plan/objects/plan-adoption.js'
import { planRecreatedObjects, type RecreationInput } from '../plan/objects/plan-recreated-objects.js'
import type { ObjectRemedies } from '../plan/objects/object-remedies.js'
import type { ReadPorts } from '../ports/ports.js'

export interface RemediesWish extends RecreationInput {
  changes: readonly ObjectChange[]
  takesOwnership: boolean
}

export interface FoundRemedies extends ObjectRemedies {
  /** Uids of what is to be deleted and made again, by `refKey`. */
  recreatedUids: Record<string, string>
}

/** Finds what stands in helm's way among the objects: reads one list for each kind and namespace that is added. */
export async function findRemedies(wish: RemediesWish, ports: ReadPorts): Promise<FoundRemedies> {
  const added = wish.changes.flatMap(({ object, change }) => (change === 'added' ? [object] : []))
  const [{ live, unread }, recreation] = await Promise.all([
    readAdded(added, ports),
    planRecreated(wish, ports),
  ])
  const stored = await storedOwners(live, wish.release, ports)
  const adoption = planAdoption({ ...wish, live, stored })
  return {
    ...recreation,
    adopted: adoption.adopted,
    findings: [...adoption.findings, ...recreation.findings, ...unreadFindings(unread)],
    consents: [...adoption.consents, ...recreation.consents],
  }
}

async function planRecreated(wish: RecreationInput, { cluster }: ReadPorts): Promise<FoundRemedies> {
  const planned = planRecreatedObjects(wish)
  const read = planned.recreated.map(async (object): Promise<[string, string]> => {
    const live = await cluster.readObject(object)
    return [refKey(object), live?.metadata.uid ?? '']
  })
  return { ...planned, recreatedUids: Object.fromEntries(await Promise.all(read)) }
}

/** What a rollback has to delete first, since helm could not change it back, with the uids that it has now. */
export async function recreatedBack(
  newest: readonly KubeObject[],
  before: readonly KubeObject[],
  { cluster }: Pick<ReadPorts, 'cluster'>,
): Promise<{ recreated: RecreatedObject[]; orphaning: ObjectRef[] }> {
  const changes = immutableChanges(newest, before).filter(({ holdsData }) => !holdsData)
  const read = changes.map(async ({ object }): Promise<RecreatedObject> => {
    const live = await cluster.readObject(object)
    return { ...object, uid: live?.metadata.uid ?? '' }
  })
  return {
    recreated: await Promise.all(read),
    orphaning: changes.flatMap(({ object: { pods: _pods, ...ref }, leavesPods }) =>
      leavesPods ? [ref] : [],
    ),
  }
}

interface ReadObjects {
  live: KubeObject[]
  /** What could not be listed, and why. */
  unread: string[]
}

/** Metadata of those that exist; one request a kind and namespace, however many there are. */
async function readAdded(added: readonly ObjectRef[], { cluster }: ReadPorts): Promise<ReadObjects> {
  const found: ReadObjects = { live: [], unread: [] }
  const lists = new Map<string, ObjectRef[]>()
  for (const ref of added) {
    const key = JSON.stringify([ref.apiVersion, ref.kind, ref.namespace ?? ''])
    lists.set(key, [...(lists.get(key) ?? []), ref])
  }
  const read = [...lists.values()].map(async (refs) => {
    const [first] = refs
    if (!first) return
    const { apiVersion, kind, namespace, name } = first
    const wanted = new Set(refs.map(refKey))
    const options = {
      ...(namespace === undefined ? {} : { namespace }),
      ...(refs.length === 1 ? { fieldSelector: `metadata.name=${name}` } : {}),
      metadataOnly: true,
    }
    try {
      const objects = await cluster.listObjects(apiVersion, kind, options)
      found.live.push(...objects.filter((object) => wanted.has(refKey(refOf(object)))))
    } catch (error) {
      found.unread.push(`${kind}${namespace === undefined ? '' : ` in ${namespace}`}: ${messageOf(error)}`)
    }
  })
  await Promise.all(read)
  return found
}

/** Of the releases that the objects name, those that exist; where it cannot be asked, they do. */
async function storedOwners(
  live: readonly KubeObject[],
  release: ReleaseName,
  { releases }: ReadPorts,
): Promise<ReleaseName[]> {
  const owners = live.flatMap((object) => (isOwnedBy(object, release) ? [] : (ownerOf(object) ?? [])))
  const others = owners.filter(
    ({ name, namespace }) => name !== release.name || namespace !== release.namespace,
  )
  const names = new Map(others.map((owner) => [JSON.stringify(owner), owner]))
  const stored = [...names.values()].map(async (owner) => {
    const found = await releases.findRelease(owner.name).catch(() => [owner])
    return found.some(({ namespace }) => namespace === owner.namespace) ? [owner] : []
  })
  return (await Promise.all(stored)).flat()
}

function unreadFindings(unread: readonly string[]): Finding[] {
  if (unread.length === 0) return []
  const message =
    'whether objects that the new chart adds are there already is not known: helm would refuse them'
  return [{ code: 'MU405', severity: 'unknown', message, evidence: [...unread] }]
}
