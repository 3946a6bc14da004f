import type { Finding, Remedy } from '../../model/finding.js'
import { versionsOf } from '../../model/crd.js'
import {
  causeOf,
  chartTag,
  namesOf,
  some,
  subjectOf,
  tagAge,
  tagCommands,
  upgradeCommand,
  workloadsOf,
} from '../cause.js'
import { linesOf, shortened, type LogLine } from '../log-lines.js'
import type { PodFacts, RolloutFacts } from '../rollout-facts.js'

// client-go writes `Failed to list`, newer ones `Failed to watch …: failed to list`.
const notServed =
  /failed to list \*([\w-]+)\.([\w-]+): the server could not find the requested resource \(get ([\w-]+(?:\.[\w-]+)+)\)/i

const mostCrds = 20

/** A kind and version that a program asked for in vain. */
interface Wanted extends LogLine {
  version: string
  kind: string
  crd: string
}

/** Names of the CRDs that programs asked for in vain, so that they can be read. */
export function crdsInLogs(facts: Pick<RolloutFacts, 'stalled' | 'logs'>): string[] {
  return some(
    wantedIn(facts).map(({ crd }) => crd),
    mostCrds,
  )
}

/** MU702: a program asks for versions of custom resources that the CRDs do not serve. */
export function crdsOutOfStep(facts: RolloutFacts): Finding[] {
  const wanted = wantedIn(facts)
  if (wanted.length === 0) return []
  const pods = [...new Set(wanted.map(({ pod }) => pod))]
  const healed = wanted.every((each) => servedNow(each, facts) === true)
  const states = some(
    wanted.map((each) => `it asks for ${each.kind} ${each.version}, ${stateOf(each, facts)}`),
    mostCrds,
  )
  const who = subjectOf(pods)
  return [
    causeOf({
      code: 'MU702',
      pods,
      message: healed
        ? `${who} started when its CRDs were missing: ${states.join('; ')}`
        : `the CRDs are out of step with ${who}: ${states.join('; ')}`,
      evidence: some(
        wanted.map(({ pod, container, line }) => `log of ${pod.ref.name}, ${container}: ${shortened(line)}`),
        4,
      ),
      remedy: healed ? restartRemedy(pods) : remedyOf(pods, facts),
    }),
  ]
}

function wantedIn(facts: Pick<RolloutFacts, 'stalled' | 'logs'>): Wanted[] {
  const found = linesOf(facts).flatMap((line): Wanted[] => {
    const match = notServed.exec(line.line)
    if (!match) return []
    const [, version = '', kind = '', crd = ''] = match
    return [{ ...line, version, kind, crd: crd.toLowerCase() }]
  })
  const keyed = new Map(found.map((each) => [`${each.pod.ref.name} ${each.crd} ${each.version}`, each]))
  return [...keyed.values()]
}

function servedNow({ crd, version }: Wanted, { crds }: RolloutFacts): boolean | undefined {
  const live = crds?.find(({ name }) => name === crd)
  return crds && (live ? versionsOf(live.object).servedVersions.includes(version) : false)
}

function stateOf(wanted: Wanted, { crds }: RolloutFacts): string {
  const { crd, version } = wanted
  if (!crds) return `and which versions CRD ${crd} serves could not be read`
  const live = crds.find(({ name }) => name === crd)
  if (!live) return `but there is no CRD ${crd}`
  const { servedVersions } = versionsOf(live.object)
  if (servedVersions.includes(version)) return `which CRD ${crd} serves by now`
  return `but CRD ${crd} serves ${servedVersions.join(', ') || 'no version'}`
}

function remedyOf(pods: readonly PodFacts[], { release }: RolloutFacts): Remedy {
  const restart = restartRemedy(pods)
  const odd = pods.some(({ containers }) =>
    containers.some(
      ({ image, isReady }) => !isReady && ['older', 'newer'].includes(tagAge(image, release) ?? ''),
    ),
  )
  if (odd) {
    const text = `the image is not of the chart's version ${chartTag(release)}: reset its tag; else bring the CRDs to the chart's version`
    return {
      text,
      commands: [...tagCommands(release).slice(0, 1), upgradeCommand(release), ...restart.commands],
    }
  }
  const text = `bring the CRDs to the version of the chart (custom resources are backed up first and stay), then restart ${namesOf(workloadsOf(pods))}`
  return { text, commands: [upgradeCommand(release), ...restart.commands] }
}

function restartRemedy(pods: readonly PodFacts[]): Remedy {
  const commands = workloadsOf(pods)
    .filter(({ kind }) => kind !== 'Job')
    .map(
      ({ kind, name, namespace }) =>
        `kubectl rollout restart ${kind.toLowerCase()}/${name} -n ${namespace ?? ''}`,
    )
  return { text: 'restart it', commands }
}
