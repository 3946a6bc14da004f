import { groupOf, formatRef } from '../../model/object-ref.js'
import { field, refOf, type KubeObject } from '../../model/kube-object.js'
import type { Finding } from '../../model/finding.js'
import type { ObjectRef } from '../../model/object-ref.js'
import { keepCommand, resourcePolicy } from '../objects/resource-policy.js'
import type { Check, CheckInput } from './check.js'

/** helm deletes what is no longer in the chart; without the webhook, pods start without what it injects. */
export const admissionRemoved: Check = (input) => {
  const { kept } = input
  const isKept = (ref: ObjectRef): boolean =>
    kept.some(({ kind, name }) => kind === ref.kind && name === ref.name)
  return removedWebhooks(input)
    .map(refOf)
    .map((ref) => (isKept(ref) ? keptFinding(ref) : removedFinding(ref)))
}

/** Webhook configurations of the stored manifest that the new one lacks and that helm would delete. */
export function removedWebhooks({ before, after }: Pick<CheckInput, 'before' | 'after'>): KubeObject[] {
  // A chart that did not render removes nothing.
  if (after.length === 0) return []
  const stays = new Set(after.filter(isWebhook).map(({ kind, metadata }) => `${kind}/${metadata.name}`))
  return before.filter(
    (object) =>
      isWebhook(object) &&
      !stays.has(`${object.kind}/${object.metadata.name}`) &&
      field(object, 'metadata', 'annotations', resourcePolicy) !== 'keep',
  )
}

function isWebhook({ apiVersion, kind }: KubeObject): boolean {
  return (
    groupOf(apiVersion) === 'admissionregistration.k8s.io' &&
    ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'].includes(kind)
  )
}

function keptFinding(object: ObjectRef): Finding {
  return {
    code: 'MU404',
    severity: 'info',
    object,
    message: `${formatRef(object)} leaves the chart: it is annotated first, so that helm leaves it to the mesh, which takes it over`,
    evidence: [],
    remedy: {
      text: 'if the upgrade fails and you do not repeat it, take the annotation off again',
      commands: [keepCommand(object, 'off')],
    },
  }
}

function removedFinding(object: ObjectRef): Finding {
  const mutates = object.kind === 'MutatingWebhookConfiguration'
  const without = mutates ? 'pods made then start without what it injects' : 'nothing is checked by it then'
  return {
    code: 'MU404',
    severity: 'warning',
    object,
    message: `${formatRef(object)} leaves the chart and helm deletes it: until something makes it again, ${without}`,
    evidence: [],
    remedy: {
      text: 'if something else brings it back, keep the live object meanwhile',
      commands: [keepCommand(object, 'keep')],
    },
  }
}
