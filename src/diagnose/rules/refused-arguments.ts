import { textField } from '../../model/kube-object.js'
import type { Finding, Remedy } from '../../model/finding.js'
import { causeOf, chartTag, groupBy, some, subjectOf, tagAge, tagCommands, tagOf } from '../cause.js'
import { jsonLine, linesOf, shortened } from '../log-lines.js'
import type { PodFacts, RolloutFacts } from '../rollout-facts.js'

const reason = 'FatalInvalidCLIParameters'
const unknownFlag = /\bunknown (?:shorthand )?flag:? .*|\bflag provided but not defined: .*/

/** A program that refused its command line. */
interface Refusal {
  pod: PodFacts
  /** Empty where only an event tells. */
  container: string
  /** The program's own words. */
  words: string
  evidence: string
}

/** MU703: a program refuses its command line, since image and chart are of different versions. */
export function refusedArguments(facts: RolloutFacts): Finding[] {
  const refusals = [...inLogs(facts), ...inEvents(facts)]
  const byPod = groupBy(refusals, ({ pod }) => pod.ref.name)
  const groups = groupBy(byPod, ([first]) => (first ? tagOf(imageOf(first)) : ''))
  return groups.map((group) => oneFinding(group.flat(), facts))
}

function inLogs(facts: RolloutFacts): Refusal[] {
  return linesOf(facts).flatMap(({ pod, container, line }) => {
    const json = jsonLine(line)
    const words = json?.reason === reason ? json.error || json.message : (unknownFlag.exec(line)?.[0] ?? '')
    return words === ''
      ? []
      : [{ pod, container, words, evidence: `log of ${pod.ref.name}, ${container}: ${shortened(line)}` }]
  })
}

function inEvents({ stalled }: RolloutFacts): Refusal[] {
  return stalled.flatMap((pod) =>
    pod.events
      .filter((event) => textField(event, 'reason') === reason)
      .map((event) => {
        const words = textField(event, 'message')
        return { pod, container: '', words, evidence: `event of ${pod.ref.name}: ${reason} ${words}` }
      }),
  )
}

function oneFinding(refusals: readonly Refusal[], { release }: RolloutFacts): Finding {
  const pods = [...new Set(refusals.map(({ pod }) => pod))]
  const images = some(refusals.map(imageOf), 3)
  const age = tagAge(images[0] ?? '', release)
  const chart = `chart ${release.chartVersion} (its images: ${chartTag(release)})`
  const words = shortened(refusals[0]?.words ?? '')
  const mismatch = {
    older: `image ${images.join(', ')} is older than ${chart}`,
    newer: `image ${images.join(', ')} is newer than ${chart}`,
    same: `image ${images.join(', ')} has the tag of ${chart} and yet is of another version`,
    unknown: `image ${images.join(', ')} and ${chart} are of different versions`,
  }[age ?? 'unknown']
  return causeOf({
    code: 'MU703',
    pods,
    message: `${mismatch}: ${subjectOf(pods)} refuses its command line: ${words}`,
    evidence: some(
      refusals.map(({ evidence }) => evidence),
      4,
    ),
    remedy: remedyOf(age, tagCommands(release)),
  })
}

function remedyOf(age: ReturnType<typeof tagAge>, commands: string[]): Remedy {
  if (age === 'same') {
    const text = "the registry holds another image under this tag: push the right one, or use the chart's own"
    return { text, commands: commands.slice(-1) }
  }
  const text =
    "set the image tag to the chart's own (--images chart also resets the registry), or take the chart of the image's version with --to"
  return { text, commands }
}

/** The image of the container that refused; the first that is not ready where only an event tells. */
function imageOf({ pod, container }: Refusal): string {
  const { containers } = pod
  const found =
    containers.find(({ name }) => name === container) ??
    containers.find(({ isInit, isReady }) => !isInit && !isReady)
  return found?.image ?? ''
}
