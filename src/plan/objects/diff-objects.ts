import { createTwoFilesPatch } from 'diff'
import { DUMP_SCHEMA, dump } from 'js-yaml'
import { canonicalJson } from '../../model/digest.js'
import { field, refOf, type KubeObject } from '../../model/kube-object.js'
import { formatRef, refKey } from '../../model/object-ref.js'
import type { ObjectChange } from '../../model/plan.js'
import { credentialTexts, redactSecretObject, textRedactor } from '../../model/redaction.js'
import { isWorkload } from './is-workload.js'

export interface ObjectDiff {
  changes: ObjectChange[]
  unchanged: number
}

/**
 * Differences of two rendered manifests, matched as helm matches them (group, kind, namespace, name).
 * Secrets are hidden before anything is compared as text.
 */
export function diffObjects(
  before: readonly KubeObject[],
  after: readonly KubeObject[],
  redact: (text: string) => string,
): ObjectDiff {
  const old = new Map(before.map((object) => [refKey(refOf(object)), object]))
  const now = new Map(after.map((object) => [refKey(refOf(object)), object]))
  const changes: ObjectChange[] = []
  let unchanged = 0
  for (const [key, object] of now) {
    const previous = old.get(key)
    if (previous && canonicalJson(previous) === canonicalJson(object)) unchanged += 1
    else changes.push(changeOf(previous, object, redact))
  }
  for (const [key, object] of old) if (!now.has(key)) changes.push(changeOf(object, undefined, redact))
  return { changes: changes.sort(byKind), unchanged }
}

function changeOf(
  before: KubeObject | undefined,
  after: KubeObject | undefined,
  redact: (text: string) => string,
): ObjectChange {
  const object = refOf((after ?? before) as KubeObject)
  const name = formatRef(object)
  const hide = textRedactor([before, after].flatMap((each) => (each ? credentialTexts(each) : [])))
  const patch = createTwoFilesPatch(name, name, yamlOf(before), yamlOf(after), '', '', { context: 3 })
  return {
    object,
    change: before ? (after ? 'changed' : 'removed') : 'added',
    // The first two lines are a ruler and the file names.
    diff: redact(hide(patch.split('\n').slice(4).join('\n'))),
    restartsPods: before !== undefined && after !== undefined && podTemplate(before) !== podTemplate(after),
  }
}

function yamlOf(object: KubeObject | undefined): string {
  return object
    ? dump(redactSecretObject(object), { schema: DUMP_SCHEMA, sortKeys: true, noRefs: true, lineWidth: -1 })
    : ''
}

function podTemplate(object: KubeObject): string {
  return isWorkload(object) ? canonicalJson(field(object, 'spec', 'template')) : ''
}

const order = { added: 0, changed: 1, removed: 2 }

function byKind(left: ObjectChange, right: ObjectChange): number {
  const [a, b] = [formatRef(left.object), formatRef(right.object)]
  return order[left.change] - order[right.change] || (a < b ? -1 : a > b ? 1 : 0)
}
