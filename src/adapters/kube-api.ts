import { digestOf } from '../model/digest.js'
import type { ClusterIdentity } from '../model/cluster.js'
import type { LiveCrd } from '../model/crd.js'
import { field, textField, type KubeObject } from '../model/kube-object.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { ClusterReader, ListOptions, LogOptions } from '../ports/cluster.js'
import { reviewAccess } from './access-review.js'
import { listAll, listPage } from './api-lists.js'
import type { ApiPaths } from './api-paths.js'
import { objectPath, type KindPath } from './api-paths.js'
import { applyObject } from './kube-apply.js'
import { eachRawPage } from './raw-pages.js'
import { apiFailure, hasStatus, type RestResponse } from './rest-failures.js'
import type { RestClient } from './rest-client.js'
import type { SecretRegistry } from './secret-registry.js'

const crdPath: KindPath = {
  apiVersion: 'apiextensions.k8s.io/v1',
  plural: 'customresourcedefinitions',
  namespaced: false,
}
const eventPath: KindPath = { apiVersion: 'v1', plural: 'events', namespaced: true }
const podPath: KindPath = { apiVersion: 'v1', plural: 'pods', namespaced: true }

/** The API server, asked only for what changes nothing. */
export function kubeApiReader(client: RestClient, paths: ApiPaths, secrets: SecretRegistry): ClusterReader {
  const readObject = async (ref: ObjectRef): Promise<KubeObject | undefined> => {
    const path = await paths.pathOf(ref.apiVersion, ref.kind)
    const object = path && (await readAt(client, objectPath(path, ref)))
    if (object) secrets.addSecretObject(object)
    return object
  }
  const listObjects = async (
    apiVersion: string,
    kind: string,
    options?: ListOptions,
  ): Promise<KubeObject[]> => {
    const path = await paths.pathOf(apiVersion, kind)
    const objects = path ? await listAll(client, path, kind, options) : []
    for (const object of objects) secrets.addSecretObject(object)
    return objects
  }
  return {
    identity: () => readIdentity(client),
    servedKinds: () => paths.discover(),
    readObject,
    readRaw: async (ref) => {
      const path = await paths.pathOf(ref.apiVersion, ref.kind)
      const found = path && (await read(client, objectPath(path, ref)))
      if (found) secrets.addSecretObject(found.parsed as KubeObject)
      return found?.body.trim()
    },
    listObjects,
    readCrds: async (names) => {
      const found = await Promise.all(names.map((name) => readCrd(client, name)))
      return found.flatMap((crd) => (crd ? [crd] : []))
    },
    listCrdNames: async (groups) => {
      const crds = await listAll(client, crdPath, 'CustomResourceDefinition', { metadataOnly: true })
      const names = crds.map(({ metadata }) => metadata.name)
      // A CRD's name is `<plural>.<group>`, which the server enforces.
      return names.filter((name) => groups.includes(name.slice(name.indexOf('.') + 1)))
    },
    eachRawPage: (kind, onPage) => eachRawPage(client, kind, onPage),
    countObjects: async ({ group, version, plural, namespaced }) => {
      const path = { apiVersion: `${group}/${version}`, plural, namespaced }
      const page = await listPage(client, path, { limit: 1, metadataOnly: true })
      return page.items.length + page.remaining
    },
    dryRunApply: (object) => applyObject(client, paths, object, { dryRun: true }),
    reviewAccess: (question) => reviewAccess(client, question),
    listEvents: async (namespace) => {
      const events = await listAll(client, eventPath, 'Event', { namespace })
      return events.sort((left, right) => (eventTime(left) < eventTime(right) ? 1 : -1))
    },
    readLogs: (pod, container, options) => readLogs(client, pod, container, options),
  }
}

async function readAt(client: RestClient, path: string): Promise<KubeObject | undefined> {
  return (await read(client, path))?.parsed as KubeObject | undefined
}

async function readCrd(client: RestClient, name: string): Promise<LiveCrd | undefined> {
  const found = await read(client, objectPath(crdPath, { name }))
  return found && { name, object: found.parsed as KubeObject, raw: found.body.trim() }
}

async function read(client: RestClient, path: string): Promise<RestResponse | undefined> {
  const request = { method: 'GET', path } as const
  const response = await client.send(request)
  if (response.status === 404) return undefined
  if (response.status !== 200) throw apiFailure(request, response)
  return response
}

async function readLogs(
  client: RestClient,
  pod: ObjectRef,
  container: string,
  { previous, tailLines, limitBytes, timeoutMs }: LogOptions,
): Promise<string> {
  const query = new URLSearchParams({
    ...{ container, tailLines: String(tailLines), limitBytes: String(limitBytes) },
    ...(previous ? { previous: 'true' } : {}),
  })
  const path = `${objectPath(podPath, pod)}/log?${query.toString()}`
  // Not asked for again: it is of use only within the time.
  const request = { method: 'GET', path, accept: '*/*', timeoutMs, patienceMs: 0 } as const
  const response = await client.send(request)
  // 400: the container has not started, or there was none before it.
  if (response.status === 404 || response.status === 400) return ''
  if (response.status !== 200) throw apiFailure(request, response)
  return response.body
}

async function readIdentity(client: RestClient): Promise<ClusterIdentity> {
  const { server, kubeContext } = client.access
  const version = { method: 'GET', path: '/version' } as const
  const [uid, answer] = await Promise.all([readUid(client, server), client.send(version)])
  if (answer.status !== 200) throw apiFailure(version, answer)
  const kubeVersion = textField(answer.parsed, 'gitVersion')
  return { kubeContext, server, uid, kubeVersion }
}

/** Who may not read kube-system still needs a stable name for the cluster: its address. */
async function readUid(client: RestClient, server: string): Promise<string> {
  try {
    const namespace = await readAt(client, '/api/v1/namespaces/kube-system')
    if (namespace?.metadata.uid) return namespace.metadata.uid
  } catch (error) {
    if (!hasStatus(error, 403)) throw error
  }
  return digestOf(server).replace(':', '-')
}

/** RFC 3339 of the newest time that an event carries; the fields differ by who wrote it. */
function eventTime(event: KubeObject): string {
  const times = [
    field(event, 'series', 'lastObservedTime'),
    field(event, 'lastTimestamp'),
    field(event, 'eventTime'),
    event.metadata.creationTimestamp,
  ]
  const found = times.find((time) => typeof time === 'string' && time !== '')
  return typeof found === 'string' ? found : ''
}
