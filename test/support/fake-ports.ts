/**
 * A cluster in memory, for what a real server cannot be made to do at will (a conflict between two
 * requests, a lease that runs out). Behaviour against a cluster is proved on the test bed.
 */
import type { KubeObject } from '../../src/model/kube-object.js'
import type { ObjectRef } from '../../src/model/object-ref.js'
import type { ClusterReader, ClusterWriter } from '../../src/ports/cluster.js'
import type { Clock } from '../../src/ports/outside.js'

export interface FakeCluster {
  objects: Map<string, KubeObject>
  reader: ClusterReader
  writer: ClusterWriter
  /** Verbs and names, in order. */
  calls: string[]
}

function key(ref: ObjectRef): string {
  return `${ref.kind}/${ref.namespace ?? ''}/${ref.name}`
}

/** A port whose every method that a test does not give fails loudly. */
export function refusing<T extends object>(methods: Partial<T>): T {
  return new Proxy(methods, {
    get(target, name) {
      if (name in target) return target[name as keyof typeof target]
      return () => {
        throw new Error(`unexpected call: ${String(name)}`)
      }
    },
  }) as T
}

export function fakeCluster(initial: readonly KubeObject[] = []): FakeCluster {
  const objects = new Map<string, KubeObject>()
  const calls: string[] = []
  let version = 0
  const refOf = ({ apiVersion, kind, metadata }: KubeObject): ObjectRef => ({
    ...{ apiVersion, kind, name: metadata.name },
    ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
  })
  const put = (object: KubeObject): KubeObject => {
    version += 1
    const uid = object.metadata.uid ?? `uid-${version}`
    const stored = { ...object, metadata: { ...object.metadata, uid, resourceVersion: String(version) } }
    objects.set(key(refOf(object)), stored)
    return stored
  }
  for (const object of initial) put(object)
  const reader = refusing<ClusterReader>({
    readObject: async (ref) => objects.get(key(ref)),
  })
  const writer = refusing<ClusterWriter>({
    create: async (object) => {
      calls.push(`create ${key(refOf(object))}`)
      if (objects.has(key(refOf(object))))
        return { ok: false, refusal: { status: 409, reason: 'AlreadyExists', message: 'exists' } }
      return { ok: true, object: put(object) }
    },
    replace: async (object) => {
      calls.push(`replace ${key(refOf(object))}`)
      const live = objects.get(key(refOf(object)))
      const moved = live?.metadata.resourceVersion !== object.metadata.resourceVersion
      if (!live || moved)
        return { ok: false, refusal: { status: 409, reason: 'Conflict', message: 'modified' } }
      return { ok: true, object: put(object) }
    },
    apply: async (object) => {
      calls.push(`apply ${key(refOf(object))}`)
      return { ok: true, object: put(object) }
    },
    delete: async (ref, uid, resourceVersion) => {
      calls.push(`delete ${key(ref)}`)
      const live = objects.get(key(ref))
      const moved = resourceVersion !== undefined && live?.metadata.resourceVersion !== resourceVersion
      return !moved && live?.metadata.uid === uid && objects.delete(key(ref))
    },
  })
  return { objects, reader, writer, calls }
}

/** A clock that stands still until it is told to go on. */
export function fakeClock(now = Date.parse('2026-01-01T00:00:00Z')): Clock & { pass(ms: number): void } {
  let current = now
  return {
    now: () => current,
    sleep: (_ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) resolve()
        else signal?.addEventListener('abort', () => resolve(), { once: true })
      }),
    newRunId: () => 'run-1',
    holder: () => 'tester@here pid 1',
    pass(ms) {
      current += ms
    },
  }
}
