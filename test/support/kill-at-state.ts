/** What two clusters must have in common to count as equal: everything that somebody wrote down on purpose. */
import { everyObject, type StoredObject } from './cluster-state.js'
import { mustRun, runProgram } from './run-program.js'

/** The state of a cluster as lines that can be compared, by name of what they tell. */
export type SettledState = Map<string, string>

/** What the control plane makes and changes by itself, and what our own runs leave. */
const fleeting = new Set([
  ...['Node', 'CSINode', 'IPAddress', 'ServiceCIDR', 'APIService', 'Endpoints', 'EndpointSlice'],
  ...['Pod', 'ReplicaSet', 'ControllerRevision', 'PodMetrics', 'NodeMetrics', 'Lease', 'Event', 'LogFile'],
])

/**
 * Reads what is comparable: objects without uids, resourceVersions, times, statuses, generated certificates and
 * addresses; pods as how many of which image run; the release by its status, version and values.
 */
export async function settledState(env: Record<string, string>, helm: string): Promise<SettledState> {
  const objects = [...(await everyObject(env)).values()]
  const state: SettledState = new Map()
  for (const object of objects) {
    if (fleeting.has(object.kind) || isOwn(object)) continue
    state.set(plainName(object), JSON.stringify(comparable(object)))
  }
  for (const [name, text] of podLines(objects)) state.set(name, text)
  for (const [name, text] of await releaseLines(env, helm)) state.set(name, text)
  return state
}

/** One line for each difference; empty where both are equal. */
export function differences(wanted: SettledState, found: SettledState): string[] {
  const names = [...new Set([...wanted.keys(), ...found.keys()])].sort()
  return names.flatMap((name) => {
    const [want, have] = [wanted.get(name), found.get(name)]
    if (want === have) return []
    if (want === undefined) return [`${name} is too much`]
    if (have === undefined) return [`${name} is missing`]
    return [`${name} differs: ${firstDifference(want, have)}`]
  })
}

/** A release left pending, a lock, a helm that still runs: nothing of it may be left. */
export async function leftovers(env: Record<string, string>, helm: string): Promise<string[]> {
  const lease = await runProgram('kubectl', ['get', 'lease', 'mesh-upgrade.osm', '-n', 'osm-system'], { env })
  const secrets = await mustRun(
    'kubectl',
    ['get', 'secret', '-n', 'osm-system', '-l', 'owner=helm', '-o', 'jsonpath={..labels.status}'],
    { env },
  )
  const running = await mustRun('ps', ['-eo', 'pid,args'])
  const helms = running
    .split('\n')
    .filter((line) => line.includes(`/${helm} `) || / helm[34] (upgrade|rollback)/.test(line))
    .filter((line) => line.includes(env['KUBECONFIG'] ?? ''))
  return [
    ...(lease.exitCode === 0 ? ['the Lease is left'] : []),
    ...(secrets.includes('pending') ? [`a release is left: ${secrets}`] : []),
    ...helms.map((line) => `a helm is left: ${line}`),
  ]
}

/** Also what a newer osm-controller makes at run time and nobody ever deletes: its own certificate. */
const left = /^(mesh-upgrade\.|sh\.helm\.release\.|validating-webhook-cert-secret$)/

function isOwn({ kind, metadata: { name } }: StoredObject): boolean {
  return left.test(name) && ['Secret', 'ConfigMap'].includes(kind)
}

/** Names that the mesh makes up. */
function plainName({ apiVersion, kind, metadata }: StoredObject): string {
  const name = metadata.name.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '*')
  return `${apiVersion} ${kind} ${metadata.namespace ?? ''}/${name}`
}

const generated = new Set([
  ...['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields', 'selfLink'],
  ...['clusterIP', 'clusterIPs', 'nodePort', 'healthCheckNodePort', 'caBundle', 'restartedAt'],
  ...['deployment.kubernetes.io/revision', 'kubectl.kubernetes.io/last-applied-configuration'],
  // A webhook that was made anew after the pods had started needs them restarted.
  'kubectl.kubernetes.io/restartedAt',
  ...['bed.mesh-upgrade.dev/started', 'osm-proxy-uuid'],
])

function comparable(object: StoredObject): unknown {
  const { status: _status, ...rest } = object
  const storedVersions = object.kind === 'CustomResourceDefinition' ? [field(object.status)] : []
  // The mesh's authority must stay; what it signs is made anew.
  const isCertificate =
    object.kind === 'Secret' &&
    object.metadata.name !== 'osm-ca-bundle' &&
    Object.keys(object['data'] ?? {}).includes('ca.crt')
  if (isCertificate) return stripped({ ...rest, data: Object.keys(object['data'] as object).sort() })
  return stripped([rest, ...storedVersions])
}

function field(status: unknown): unknown {
  return (status as { storedVersions?: unknown } | undefined)?.storedVersions
}

function stripped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripped)
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'string' ? value.replace(/\b127\.\d+\.\d+\.\d+/g, '127.*') : value
  }
  const members = Object.entries(value)
    .filter(([key]) => !generated.has(key))
    .map(([key, member]) => [key, stripped(member)] as const)
    .filter(([, member]) => !isEmpty(member))
  return Object.fromEntries(members.sort(([left], [right]) => (left < right ? -1 : 1)))
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

interface PodLike {
  spec: { containers: { image: string }[] }
  status?: { phase?: string }
}

/** How many pods of an application run which images; the order of their ends is the control plane's. */
function podLines(objects: readonly StoredObject[]): [string, string][] {
  const pods = objects.filter(({ kind }) => kind === 'Pod')
  const counts = new Map<string, number>()
  for (const { metadata, ...rest } of pods) {
    const { spec, status } = rest as unknown as PodLike
    // A Job's pod goes with its Job.
    if (status?.phase === 'Succeeded') continue
    const labels = metadata.labels ?? {}
    const images = spec.containers.map(({ image }) => image).join(' ')
    const name = `pods ${metadata.namespace ?? ''}/${labels['app'] ?? ''} ${status?.phase ?? ''} ${images}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].map(([name, count]) => [name, String(count)])
}

async function releaseLines(env: Record<string, string>, helm: string): Promise<[string, string][]> {
  const place = ['osm', '-n', 'osm-system', '-o', 'json']
  const [history, values] = await Promise.all([
    mustRun(helm, ['history', ...place], { env }),
    mustRun(helm, ['get', 'values', ...place], { env }),
  ])
  const newest = (JSON.parse(history) as { status: string; chart: string; app_version: string }[]).at(-1)
  return [
    ['release osm', `${newest?.status} ${newest?.chart} ${newest?.app_version}`],
    ['values of release osm', JSON.stringify(stripped(JSON.parse(values)))],
  ]
}

function firstDifference(want: string, have: string): string {
  let at = 0
  while (at < want.length && want[at] === have[at]) at++
  const from = Math.max(0, at - 60)
  return `wanted …${want.slice(from, at + 80)}…, is …${have.slice(from, at + 80)}…`
}
