import { canonicalJson } from '../../model/digest.js'
import type { LiveCrd } from '../../model/crd.js'
import { field, refOf, type KubeObject } from '../../model/kube-object.js'
import type { PostflightCheck } from '../check.js'

interface CrdChanges {
  added: string[]
  changed: string[]
  recreated: string[]
}

/** Every CRD that should be there is, the same object as before, and the API server serves it; tells what changed. */
export const crdsEstablished: PostflightCheck = ({ crds, crdsBefore, expectedCrds, unreadable }) => {
  const id = 'crds-established'
  if (unreadable.some((line) => line.startsWith('CRDs'))) {
    return { id, status: 'unknown', message: unreadable.join('; '), objects: [] }
  }
  const missing = expectedCrds.filter((name) => !crds.some((crd) => crd.name === name))
  const down = crds.filter(({ object }) => !isEstablished(object))
  const since = crdsBefore ? changesSince(crdsBefore, crds) : undefined
  if (missing.length === 0 && down.length === 0 && !since?.recreated.length) {
    return { id, status: 'pass', message: `${crds.length} CRDs established${changeText(since)}`, objects: [] }
  }
  const parts = [
    ...missing.map((name) => `${name} is gone`),
    ...down.map(({ name }) => `${name} is not established`),
    ...(since?.recreated ?? []).map((name) => `${name} was deleted and made again`),
  ]
  return { id, status: 'fail', message: parts.join('; '), objects: down.map(({ object }) => refOf(object)) }
}

function changesSince(before: readonly LiveCrd[], now: readonly LiveCrd[]): CrdChanges {
  const old = new Map(before.map(({ name, object }) => [name, object]))
  const found: CrdChanges = { added: [], changed: [], recreated: [] }
  for (const { name, object } of now) {
    const was = old.get(name)
    if (!was) found.added.push(name)
    else if (was.metadata.uid !== object.metadata.uid) found.recreated.push(name)
    else if (canonicalJson(field(was, 'spec')) !== canonicalJson(field(object, 'spec')))
      found.changed.push(name)
  }
  return found
}

function changeText(since: CrdChanges | undefined): string {
  const part = (what: string, names: readonly string[] = []): string[] =>
    names.length > 0 ? [`${what}: ${names.join(', ')}`] : []
  const parts = [...part('new', since?.added), ...part('changed', since?.changed)]
  return parts.length > 0 ? ` (${parts.join('; ')})` : ''
}

function isEstablished(crd: KubeObject): boolean {
  const conditions = field(crd, 'status', 'conditions')
  const established = Array.isArray(conditions)
    ? conditions.find((condition) => field(condition, 'type') === 'Established')
    : undefined
  return field(established, 'status') === 'True' && crd.metadata.deletionTimestamp === undefined
}
