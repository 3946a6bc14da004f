import { failed, inProgress } from '../../diagnose/kstatus/status.js'
import { objectStatus } from '../../diagnose/kstatus/object-status.js'
import { servedKindKeys, type LiveCrd } from '../../model/crd.js'
import { canonicalJson } from '../../model/digest.js'
import { field, type KubeObject } from '../../model/kube-object.js'
import type { ObjectStatus } from '../../model/rollout.js'
import type { PostflightCheck } from '../check.js'
import { whyUnreadable, type Observation } from '../observation.js'
import { countedResult, unknownResult, type Counted } from '../results.js'

interface CrdChanges {
  added: string[]
  changed: string[]
  recreated: string[]
}

/** Every CRD that should be there is, the same object as before, and each version is served; tells what changed. */
export const crdsEstablished: PostflightCheck = (observation) => {
  const id = 'crds-established'
  const { crds, crdsBefore, expectedCrds, remade = [] } = observation
  const why = whyUnreadable(observation, 'CRDs')
  if (why !== '') return unknownResult(id, why)
  const since = crdsBefore && changesSince(crdsBefore, crds)
  const recreated = new Set(since?.recreated.filter((name) => !remade.includes(name)))
  const missing = expectedCrds.filter((name) => !crds.some((crd) => crd.name === name))
  const states = [
    ...missing.map((name) => stateOf(name, { status: 'NotFound', message: 'is gone' })),
    ...crds.map(({ name, object }) =>
      stateOf(
        name,
        recreated.has(name) ? failed('was deleted and made again') : propagation(object, observation),
      ),
    ),
  ]
  const result = countedResult(id, 'CRDs established', states)
  return result.status === 'pass' ? { ...result, message: result.message + changeText(since) } : result
}

function stateOf(name: string, status: ObjectStatus): Counted {
  const object = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name }
  return { name, object, ...status }
}

/** A CRD is of use when discovery, which clients go by, lists every version that it serves. */
function propagation(crd: KubeObject, observation: Observation): ObjectStatus {
  const status = objectStatus(crd)
  if (status.status !== 'Current') return status
  const { served } = observation
  if (!served) return { status: 'Unknown', message: whyUnreadable(observation, 'discovery') || 'not known' }
  const absent = servedKindKeys(crd).filter((key) => !served.has(key))
  return absent.length === 0 ? status : inProgress(`discovery does not list ${absent.join(', ')} yet`)
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
  const parts = [
    ...part('new', since?.added),
    ...part('changed', since?.changed),
    ...part('made again', since?.recreated),
  ]
  return parts.length > 0 ? ` (${parts.join('; ')})` : ''
}
