import { field, textField, type ServedKind } from '../model/kube-object.js'
import { listAt } from './json-fields.js'
import { apiFailure } from './rest-failures.js'
import type { RestClient } from './rest-client.js'

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'

/**
 * All kinds that the server serves: two requests where it knows aggregated discovery (Kubernetes 1.30),
 * else one for each group version. A group whose own server is down is left out, as kubectl does.
 * Throws `ApiFailure`.
 */
export async function discoverKinds(client: RestClient): Promise<ServedKind[]> {
  const [core, groups] = await Promise.all([
    ask(client, '/api', aggregated),
    ask(client, '/apis', aggregated),
  ])
  const kinds = await Promise.all([kindsOf(core, '/api', client), kindsOf(groups, '/apis', client)])
  return kinds.flat()
}

async function ask(client: RestClient, path: string, accept = 'application/json'): Promise<unknown> {
  const request = { method: 'GET', path, accept } as const
  const response = await client.send(request)
  if (response.status !== 200) throw apiFailure(request, response)
  return response.parsed
}

async function kindsOf(answer: unknown, root: '/api' | '/apis', client: RestClient): Promise<ServedKind[]> {
  if (field(answer, 'kind') === 'APIGroupDiscoveryList') return aggregatedKinds(answer)
  const versions =
    root === '/api'
      ? listAt(answer, 'versions').map(String)
      : listAt(answer, 'groups').flatMap((group) =>
          listAt(group, 'versions').map((each) => textField(each, 'groupVersion')),
        )
  const kinds = await Promise.all(versions.map((version) => kindsOfVersion(client, root, version)))
  return kinds.flat()
}

function aggregatedKinds(answer: unknown): ServedKind[] {
  return listAt(answer, 'items').flatMap((group) =>
    listAt(group, 'versions').flatMap((version) =>
      listAt(version, 'resources').map((resource) => ({
        group: textField(group, 'metadata', 'name'),
        version: textField(version, 'version'),
        kind: textField(resource, 'responseKind', 'kind'),
        plural: textField(resource, 'resource'),
        namespaced: textField(resource, 'scope') === 'Namespaced',
      })),
    ),
  )
}

async function kindsOfVersion(client: RestClient, root: string, groupVersion: string): Promise<ServedKind[]> {
  const path = `${root}/${groupVersion}`
  // A group's own server may be down for good.
  const response = await client.send({ method: 'GET', path, patienceMs: 1_000 })
  if (response.status !== 200) return []
  const answer = response.parsed
  const slash = groupVersion.indexOf('/')
  return listAt(answer, 'resources')
    .filter((resource) => !textField(resource, 'name').includes('/'))
    .map((resource) => ({
      group: slash < 0 ? '' : groupVersion.slice(0, slash),
      version: groupVersion.slice(slash + 1),
      kind: textField(resource, 'kind'),
      plural: textField(resource, 'name'),
      namespaced: field(resource, 'namespaced') === true,
    }))
}
