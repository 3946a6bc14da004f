import { needsBody } from '../diagnose/kstatus/needs-body.js'
import { messageOf } from '../errors.js'
import { refOf, type KubeObject } from '../model/kube-object.js'
import { refKey, type ObjectRef } from '../model/object-ref.js'
import type { ClusterReader } from '../ports/cluster.js'

/** What was read of some objects: `failures` say why one could not be read. */
export interface LiveObjects {
  found: ReadonlyMap<string, KubeObject>
  failures: ReadonlyMap<string, string>
}

/**
 * Reads objects by one request for each kind and namespace, all at once; never throws. Only the metadata is
 * read of kinds that are current because they exist, so that no body of a Secret is.
 */
export async function readObjects(refs: readonly ObjectRef[], cluster: ClusterReader): Promise<LiveObjects> {
  const groups = new Map<string, Map<string, ObjectRef>>()
  for (const ref of refs) {
    const key = [ref.apiVersion, ref.kind, ref.namespace ?? ''].join('/')
    groups.set(key, (groups.get(key) ?? new Map<string, ObjectRef>()).set(refKey(ref), ref))
  }
  const found = new Map<string, KubeObject>()
  const failures = new Map<string, string>()
  await Promise.all(
    [...groups.values()].map(async (group) => {
      try {
        for (const object of await readGroup([...group.values()], cluster)) {
          const key = refKey(refOf(object))
          // What else the list holds is let go at once.
          if (group.has(key)) found.set(key, object)
        }
      } catch (error) {
        for (const key of group.keys()) failures.set(key, messageOf(error))
      }
    }),
  )
  return { found, failures }
}

async function readGroup(refs: readonly ObjectRef[], cluster: ClusterReader): Promise<KubeObject[]> {
  const [first] = refs
  if (!first) return []
  const { apiVersion, kind, namespace } = first
  // A list of all CRDs with their schemas may be tens of megabytes.
  if (kind === 'CustomResourceDefinition')
    return (await cluster.readCrds(refs.map(({ name }) => name))).map(({ object }) => object)
  if (!needsBody(apiVersion, kind))
    return cluster.listObjects(apiVersion, kind, { ...inNamespace(namespace), metadataOnly: true })
  if (refs.length > 1) return cluster.listObjects(apiVersion, kind, inNamespace(namespace))
  const object = await cluster.readObject(first)
  return object ? [{ ...object, apiVersion, kind }] : []
}

function inNamespace(namespace: string | undefined): { namespace?: string } {
  return namespace === undefined ? {} : { namespace }
}
