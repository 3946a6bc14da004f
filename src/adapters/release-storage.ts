import { UpgradeError } from '../errors.js'
import { field, type KubeObject } from '../model/kube-object.js'
import type { ReleaseName, ReleaseRevision, ReleaseSnapshot } from '../model/release.js'
import type { RawStorageReader } from '../ports/raw-storage.js'
import type { ReleaseReader } from '../ports/releases.js'
import { listAll } from './api-lists.js'
import { objectPath, type KindPath } from './api-paths.js'
import { decodeRelease, storedCrds } from './helm-storage.js'
import { newestRecord, revisionOf } from './release-record.js'
import { apiFailure, type RestResponse } from './rest-failures.js'
import type { RestClient } from './rest-client.js'
import type { SecretRegistry } from './secret-registry.js'

/** Where helm keeps releases. */
export interface StorageKind extends KindPath {
  kind: 'Secret' | 'ConfigMap'
}

const secretStorage: StorageKind = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true }
const configMapStorage: StorageKind = { ...secretStorage, kind: 'ConfigMap', plural: 'configmaps' }

/** One stored revision: its labels tell what is needed to choose. */
interface StoredRevision extends ReleaseRevision {
  objectName: string
}

/**
 * Reads helm's storage itself: revisions from labels alone, the body of the newest one only.
 * @param driver value of HELM_DRIVER; throws `ReleaseUndecodable` for a driver that is not in the cluster
 */
export function releaseStorage(
  client: RestClient,
  driver: string | undefined,
  secrets: SecretRegistry,
): ReleaseReader & RawStorageReader {
  const storage = storageOf(driver)
  return {
    readRelease: async (name) => {
      const history = await readHistory(client, storage, name)
      const newest = history.at(-1)
      if (!newest) return undefined
      const snapshot = await readNewest(client, storage, name, history)
      secrets.addValues(snapshot.userSuppliedValues.reveal())
      return snapshot
    },
    readNewestRevision: async (name) => {
      const history = await readHistory(client, storage, name)
      if (history.length === 0) return undefined
      const snapshot = await readRevision(client, storage, name, history)
      secrets.addValues(snapshot.userSuppliedValues.reveal())
      return snapshot
    },
    readStoredCrds: async (name) => {
      const newest = (await readHistory(client, storage, name)).at(-1)
      if (!newest) return []
      const { objectName } = newest
      const { parsed } = await readStored(client, storage, name.namespace, objectName)
      const payload = field(parsed, 'data', 'release')
      return storedCrds({ kind: storage.kind, name: objectName, payload }, name)
    },
    readNewestRecord: async (name) =>
      newestRecord(await listRevisions(client, storage, name.name, name.namespace)),
    findRelease: async (name) => {
      const found = await listRevisions(client, storage, name)
      const namespaces = new Set(found.map(({ metadata }) => metadata.namespace ?? ''))
      return [...namespaces].sort().map((namespace) => ({ name, namespace }))
    },
    readStorageObjects: async (name) => {
      const history = await readHistory(client, storage, name)
      const newest = history.at(-1)
      const lastDeployed = history.filter(({ releaseStatus }) => releaseStatus === 'deployed').at(-1)
      const names = new Set(
        [lastDeployed, newest].flatMap((revision) => (revision ? [revision.objectName] : [])),
      )
      return Promise.all([...names].map((objectName) => readRaw(client, storage, name.namespace, objectName)))
    },
  }
}

/** Throws `ReleaseUndecodable` for a driver that is not in the cluster. */
export function storageOf(driver: string | undefined): StorageKind {
  switch (driver ?? '') {
    case '':
    case 'secret':
    case 'secrets':
      return secretStorage
    case 'configmap':
    case 'configmaps':
      return configMapStorage
    default: {
      const message = `HELM_DRIVER=${String(driver)} keeps releases where this tool cannot read them; it reads secret and configmap`
      throw new UpgradeError('ReleaseUndecodable', message, { release: 'RELEASE', namespace: 'NAMESPACE' })
    }
  }
}

function listRevisions(
  client: RestClient,
  storage: StorageKind,
  name: string,
  namespace?: string,
): Promise<KubeObject[]> {
  return listAll(client, storage, storage.kind, {
    labelSelector: `owner=helm,name=${name}`,
    metadataOnly: true,
    ...(namespace === undefined ? {} : { namespace }),
  })
}

/** Oldest first. */
async function readHistory(
  client: RestClient,
  storage: StorageKind,
  name: ReleaseName,
): Promise<StoredRevision[]> {
  const objects = await listRevisions(client, storage, name.name, name.namespace)
  const revisions = objects.flatMap((object) => {
    const revision = revisionOf(object)
    return revision ? [{ ...revision, objectName: object.metadata.name }] : []
  })
  return revisions.sort((left, right) => left.releaseRevision - right.releaseRevision)
}

/**
 * The newest revision; where it failed, chart, values and objects are those of the last deployed one, from
 * which helm itself starts (action/upgrade.go, prepareUpgrade): a retry must not skip a version.
 */
async function readNewest(
  client: RestClient,
  storage: StorageKind,
  name: ReleaseName,
  history: StoredRevision[],
): Promise<ReleaseSnapshot> {
  const newest = await readRevision(client, storage, name, history)
  const deployed = history.findLastIndex(({ releaseStatus }) => releaseStatus === 'deployed')
  if (newest.releaseStatus !== 'failed' || deployed < 0) return newest
  const base = await readRevision(client, storage, name, history.slice(0, deployed + 1))
  const { releaseRevision, releaseStatus, description, lastDeployed, history: revisions } = newest
  const failedAt = newest.chartVersion
  return { ...base, releaseRevision, releaseStatus, description, lastDeployed, history: revisions, failedAt }
}

async function readRevision(
  client: RestClient,
  storage: StorageKind,
  name: ReleaseName,
  history: StoredRevision[],
): Promise<ReleaseSnapshot> {
  const objectName = history.at(-1)?.objectName ?? ''
  const { parsed: object } = await readStored(client, storage, name.namespace, objectName)
  const stored = { kind: storage.kind, name: objectName, payload: field(object, 'data', 'release') }
  const revisions = history.map(({ objectName: _name, ...revision }) => revision)
  return decodeRelease(stored, name, revisions)
}

async function readRaw(...where: Parameters<typeof readStored>): Promise<string> {
  return (await readStored(...where)).body.trimEnd()
}

async function readStored(
  client: RestClient,
  storage: StorageKind,
  namespace: string,
  name: string,
): Promise<RestResponse> {
  const request = { method: 'GET', path: objectPath(storage, { namespace, name }) } as const
  const response = await client.send(request)
  if (response.status !== 200) throw apiFailure(request, response)
  return response
}
