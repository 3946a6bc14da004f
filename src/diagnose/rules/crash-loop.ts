import { profileForChart } from '../../meshes/registry.js'
import type { Finding, Remedy } from '../../model/finding.js'
import { causeOf, groupBy, some, subjectOf, upgradeCommand } from '../cause.js'
import { isCrashing, lastEnding, type ContainerFacts } from '../containers.js'
import { lastWords, logLines, shortened } from '../log-lines.js'
import type { PodFacts, ReleaseFacts, RolloutFacts } from '../rollout-facts.js'
import { field, listField } from '../../model/kube-object.js'
import { formatQuantity, readQuantity } from '../quantity.js'

interface Crash {
  pod: PodFacts
  container: ContainerFacts
}

/** MU705: a container ends again and again, or for good. */
export function crashLoop(facts: RolloutFacts): Finding[] {
  const crashes = facts.stalled.flatMap((pod) =>
    pod.containers.filter(isCrashing).map((container): Crash => ({ pod, container })),
  )
  const groups = groupBy(crashes, ({ pod, container }) => {
    const { exitCode, reason } = lastEnding(container) ?? { exitCode: -1, reason: '' }
    return [pod.workload.name, container.name, exitCode, reason].join(' ')
  })
  return groups.flatMap((group) => (group[0] ? [oneFinding(group, group[0], facts)] : []))
}

function oneFinding(group: readonly Crash[], first: Crash, facts: RolloutFacts): Finding {
  const { pod, container } = first
  const ending = lastEnding(container)
  const restarts = Math.max(...group.map((crash) => crash.container.restartCount))
  const words = restarts > 0 ? `crashes again and again (restarted ${times(restarts)})` : 'has failed'
  const how = ending ? `, last with ${endingWords(ending.exitCode, ending.reason)}` : ''
  return causeOf({
    code: 'MU705',
    pods: [...new Set(group.map((crash) => crash.pod))],
    message: `container ${container.name} of ${subjectOf([pod])} ${words}${how}`,
    evidence: evidenceOf(first, facts),
    remedy: remedyOf(first, facts.release),
  })
}

function evidenceOf({ pod, container }: Crash, { logs }: RolloutFacts): string[] {
  const own = logs.filter((log) => log.pod.name === pod.ref.name && log.container === container.name)
  // The log of the crash, not that of the attempt that runs by now.
  const log = own.find(({ previous }) => previous) ?? own[0]
  const lines = lastWords(log ? logLines(log) : []).map((line) => `log: ${line}`)
  const said = (lastEnding(container)?.message ?? '').trim()
  return [
    ...(said === '' ? [] : [`it left the message: ${shortened(said)}`]),
    ...(log && lines.length === 0 ? ['its log is empty'] : some(lines, 5)),
  ]
}

function endingWords(exitCode: number, reason: string): string {
  if (reason === 'OOMKilled') return 'OOMKilled: it needs more memory than its limit'
  const known: Record<number, string> = {
    126: 'its program cannot be executed',
    127: 'its program was not found',
    128: 'it could not be started',
    134: 'aborted',
    137: 'killed',
    139: 'memory fault',
    143: 'ended by SIGTERM',
  }
  const meaning = known[exitCode]
  return meaning === undefined ? `exit code ${exitCode}` : `exit code ${exitCode}: ${meaning}`
}

function remedyOf({ pod, container }: Crash, release: ReleaseFacts): Remedy {
  const place = `${pod.ref.name} -n ${pod.ref.namespace ?? ''}`
  const log = `kubectl logs ${place} -c ${container.name}${container.restartCount > 0 ? ' --previous' : ''}`
  if (lastEnding(container)?.reason !== 'OOMKilled') {
    return { text: 'its log tells more; mend what it says, or roll back', commands: [log] }
  }
  const spec = listField(pod.object, 'spec', container.isInit ? 'initContainers' : 'containers').find(
    (each) => field(each, 'name') === container.name,
  )
  const limit = readQuantity(field(spec, 'resources', 'limits', 'memory'))
  const path = profileForChart(release.chartName).resourcePath?.(pod.workload.name, release.chartVersion)
  const raise =
    path !== undefined && limit > 0
      ? [upgradeCommand(release, '--set', `${path}.limits.memory=${formatQuantity('memory', limit * 2)}`)]
      : []
  return {
    text: `raise its memory limit${limit > 0 ? ` of ${formatQuantity('memory', limit)}` : ''}`,
    commands: [...raise, log],
  }
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}
