/** Keeps a picture of all pods that a selector matches, from a list and a watch that are begun anew when they end. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { KubeApi } from './kube-api.js'

/** The little of a pod that actors look at. */
export interface Pod {
  metadata: {
    uid: string
    name: string
    namespace: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
    deletionTimestamp?: string
    creationTimestamp: string
  }
  spec: { nodeName?: string; containers: Container[]; initContainers?: Container[] }
  status?: { phase?: string; conditions?: { type: string; status: string }[] }
}

export interface Container {
  name: string
  image: string
  args?: string[]
}

interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'ERROR' | 'BOOKMARK'
  object: Pod
}

interface PodList {
  metadata: { resourceVersion: string }
  items: Pod[]
}

/** Which pods to follow, where to keep them by uid, and what to do after every change. */
export interface PodPicture {
  selector: string
  pods: Map<string, Pod>
  onChange: () => void
}

/** Keeps the picture up to date until the signal. */
export async function watchPods(api: KubeApi, picture: PodPicture, signal: AbortSignal): Promise<void> {
  const { selector, pods, onChange } = picture
  const path = `/api/v1/pods?labelSelector=${encodeURIComponent(selector)}`
  while (!signal.aborted) {
    const mine = new Set<string>()
    try {
      const list = (await api.call({ method: 'GET', path })).body as PodList
      for (const pod of list.items) (mine.add(pod.metadata.uid), pods.set(pod.metadata.uid, pod))
      onChange()
      const from = `${path}&watch=1&resourceVersion=${list.metadata.resourceVersion}`
      await api.watch(from, (event) => take(event as WatchEvent, picture, mine), signal)
    } catch {
      // The server is away or the watch was too old: list again.
    }
    for (const uid of mine) pods.delete(uid)
    await sleep(200, undefined, { signal }).catch(() => undefined)
  }
}

function take({ type, object }: WatchEvent, { pods, onChange }: PodPicture, mine: Set<string>): void {
  if (type === 'BOOKMARK') return
  if (type === 'ERROR') throw new Error('the watch has ended')
  const { uid } = object.metadata
  mine.add(uid)
  if (type === 'DELETED') pods.delete(uid)
  else pods.set(uid, object)
  onChange()
}

export function isReady(pod: Pod): boolean {
  return (pod.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True')
}

/** The value of a program's flag, `--flag value` or `--flag=value`. */
export function flagOf(container: Container | undefined, flag: string): string | undefined {
  const args = container?.args ?? []
  const at = args.indexOf(`--${flag}`)
  if (at >= 0) return args[at + 1]
  return args.find((arg) => arg.startsWith(`--${flag}=`))?.slice(flag.length + 3)
}
