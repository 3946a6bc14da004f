import { field, listField, textField, type KubeObject } from '../model/kube-object.js'
import type { Json } from '../model/values.js'

/** How a container ended. */
export interface Ending {
  exitCode: number
  reason: string
  message: string
}

/** One container of a pod as its status tells. */
export interface ContainerFacts {
  name: string
  image: string
  isInit: boolean
  isReady: boolean
  restartCount: number
  waiting?: { reason: string; message: string }
  /** RFC 3339; empty where the kubelet does not say. */
  runningSince?: string
  ended?: Ending
  endedBefore?: Ending
}

/** Every container of a pod that has a status: init containers first. A pod without a node has none. */
export function containersOf(pod: KubeObject): ContainerFacts[] {
  const read = (part: string, isInit: boolean): ContainerFacts[] =>
    listField(pod, 'status', part).map((status) => containerOf(status, isInit))
  return [...read('initContainerStatuses', true), ...read('containerStatuses', false)]
}

/** True for a container that ended badly, over and over or for good. */
export function isCrashing({ waiting, ended, endedBefore, restartCount, isReady }: ContainerFacts): boolean {
  if (waiting?.reason === 'CrashLoopBackOff') return true
  if (ended) return ended.exitCode !== 0
  // Between two back-offs it runs; a first restart may be a hiccup of the start.
  return !isReady && restartCount >= 2 && endedBefore !== undefined
}

/** How it ended last. */
export function lastEnding({ ended, endedBefore }: ContainerFacts): Ending | undefined {
  return ended ?? endedBefore
}

/** True where its log may tell why the pod is not ready. */
export function mayExplain(container: ContainerFacts): boolean {
  if (isCrashing(container)) return true
  return !container.isInit && !container.isReady && container.runningSince !== undefined
}

function containerOf(status: Json, isInit: boolean): ContainerFacts {
  const facts: ContainerFacts = {
    name: textField(status, 'name'),
    image: textField(status, 'image'),
    isInit,
    isReady: field(status, 'ready') === true,
    restartCount: numberField(status, 'restartCount') ?? 0,
  }
  const waiting = field(status, 'state', 'waiting')
  if (waiting) {
    facts.waiting = { reason: textField(waiting, 'reason'), message: textField(waiting, 'message') }
  }
  const running = field(status, 'state', 'running')
  if (running) facts.runningSince = textField(running, 'startedAt')
  const ended = endingOf(field(status, 'state', 'terminated'))
  if (ended) facts.ended = ended
  const endedBefore = endingOf(field(status, 'lastState', 'terminated'))
  if (endedBefore) facts.endedBefore = endedBefore
  return facts
}

function endingOf(terminated: Json | undefined): Ending | undefined {
  if (!terminated) return undefined
  return {
    exitCode: numberField(terminated, 'exitCode') ?? -1,
    reason: textField(terminated, 'reason'),
    message: textField(terminated, 'message'),
  }
}

function numberField(value: Json, name: string): number | undefined {
  const found = field(value, name)
  return typeof found === 'number' ? found : undefined
}
