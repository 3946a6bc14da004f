import { textField } from '../../model/kube-object.js'
import type { Finding } from '../../model/finding.js'
import { causeOf, chartTag, groupBy, some, subjectOf, tagAge, tagCommands, tagOf } from '../cause.js'
import type { ContainerFacts } from '../containers.js'
import { shortened } from '../log-lines.js'
import { pullFailureOf, registryWords } from '../pull-failures.js'
import type { PodFacts, RolloutFacts } from '../rollout-facts.js'

const reasons = [
  ...['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'ImageInspectError'],
  ...['RegistryUnavailable', 'SignatureValidationFailed'],
]

interface FailedPull {
  pod: PodFacts
  image: string
  reason: string
  words: string
}

/** MU704: an image cannot be pulled. */
export function imagePull(facts: RolloutFacts): Finding[] {
  const failed = facts.stalled.flatMap((pod) =>
    pod.containers.flatMap((container) => failedPull(pod, container)),
  )
  const groups = groupBy(failed, (each) => `${pullFailureOf(each).what} ${placeOf(each.image)}`)
  return groups.map((group) => oneFinding(group, facts))
}

function failedPull(pod: PodFacts, { name, image, waiting }: ContainerFacts): FailedPull[] {
  if (!waiting || !reasons.includes(waiting.reason)) return []
  // The registry's words stand in the waiting message of newer kubelets, in an event of older ones.
  const events = pod.events.filter((event) => textField(event, 'reason') === 'Failed')
  const texts = [waiting.message, ...events.map((event) => textField(event, 'message'))]
  const words = texts.map((text) => registryWords(text, image)).find((text) => text !== '') ?? ''
  return [{ pod, image: image || name, reason: waiting.reason, words }]
}

/** Images of one registry and tag that fail alike have one cause. */
function placeOf(image: string): string {
  return `${image.slice(0, image.lastIndexOf('/') + 1)} ${tagOf(image)}`
}

function oneFinding(group: readonly FailedPull[], { release }: RolloutFacts): Finding {
  const [first] = group
  const pods = [...new Set(group.map(({ pod }) => pod))]
  const images = some(
    group.map(({ image }) => image),
    5,
  )
  const { what, remedy, isName } = pullFailureOf(first ?? { reason: '', words: '' })
  const otherTag = images.some((image) => ['older', 'newer'].includes(tagAge(image, release) ?? ''))
  const note = otherTag && isName ? `; the chart's own tag is ${chartTag(release)}` : ''
  return causeOf({
    code: 'MU704',
    pods,
    message: `${subjectOf(pods)} cannot start: ${what}: ${images.join(', ')}${note}`,
    evidence: some(
      group.map(
        ({ reason, words }) =>
          `${reason}: ${shortened(words) || 'the registry’s answer is no longer recorded'}`,
      ),
      4,
    ),
    remedy: { text: remedy, commands: [...(isName ? tagCommands(release) : []), ...describe(pods)] },
  })
}

function describe([pod]: readonly PodFacts[]): string[] {
  return pod ? [`kubectl describe pod ${pod.ref.name} -n ${pod.ref.namespace ?? ''}`] : []
}
