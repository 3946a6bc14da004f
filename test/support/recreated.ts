/** Custom resources that careless tools break, and how to compare what became of them. */
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sliceList, sliceMembers } from '../../src/adapters/raw-json.js'
import { everyObject, type StoredObject } from './cluster-state.js'
import type { MeshOnBed } from './mesh-on-bed.js'
import { mustRun, runProgram } from './run-program.js'

/** Contents of custom resources without what only the server writes, and without the field that is added. */
export async function contents(env: Record<string, string>): Promise<Map<string, string>> {
  const crds = JSON.parse(await mustRun('kubectl', ['get', 'crd', '-o', 'json'], { env })) as { items: Crd[] }
  const ours = crds.items.filter(({ spec }) => /smi-spec\.io|openservicemesh\.io/.test(spec.group))
  const found = ours.map(async ({ metadata, spec }): Promise<[string, string][]> => {
    const version = spec.versions.find(({ storage }) => storage)?.name ?? ''
    const path = `/apis/${spec.group}/${version}/${spec.names.plural}`
    // One that is being deleted or was just made is not served.
    const { stdout, exitCode } = await runProgram('kubectl', ['get', '--raw', path], { env })
    const items = exitCode === 0 ? rawContents(stdout) : []
    return items.map(([name, content]) => [`${metadata.name} ${name}`, content])
  })
  return new Map((await Promise.all(found)).flat())
}

interface Crd {
  metadata: { name: string }
  spec: { group: string; names: { plural: string }; versions: { name: string; storage: boolean }[] }
}

/** The text of each item's spec (or matches, …) as the server writes it: numbers are never parsed. */
function rawContents(text: string): [string, string][] {
  return sliceList(text).items.map((item) => {
    const { name, namespace } = (JSON.parse(item) as StoredObject).metadata
    const members = sliceMembers(item).filter((member) => !notContent.includes(member.name))
    const content = members.map((member) => `${member.name}:${member.raw}`).join()
    const bySchema = /"(envoyWindowsImage":"[^"]*"|certKeyBitSize":\d+),?/g
    const isConfig = name === 'osm-mesh-config'
    return [`${namespace ?? ''}/${name}`, isConfig ? content.replace(bySchema, '') : content]
  })
}

const notContent = ['apiVersion', 'kind', 'metadata', 'status']

export function differing(before: Map<string, string>, after: Map<string, string>): string[] {
  const short = (text = 'gone'): string => (text.length > 700 ? `${text.slice(0, 700)}…` : text)
  return [...before].flatMap(([name, text]) => {
    const now = after.get(name)
    return now === text ? [] : [`${name}\n${short(text)}\n${short(now)}`]
  })
}

export function find(all: Map<string, StoredObject>, kind: string, name: string): StoredObject | undefined {
  return [...all.values()].find((object) => object.kind === kind && object.metadata.name === name)
}

/** Labels and annotations are as they were; every uid is another. */
export function compareMetadata(before: Map<string, StoredObject>, after: Map<string, StoredObject>): void {
  for (const [name, old] of before) {
    if (!/smi-spec\.io|openservicemesh\.io/.test(old.apiVersion)) continue
    const now = after.get(name)
    const text = ({ metadata }: StoredObject): unknown[] => {
      const { annotations } = metadata as { annotations?: unknown }
      return [metadata.labels, annotations]
    }
    assert.ok(now, name)
    assert.deepEqual(text(now), text(old), name)
    assert.notEqual(now.metadata.uid, old.metadata.uid, name)
  }
}

/** What careless tools break: big numbers, dates as text, 600 KB, unicode. */
export function hostileObjects(): string {
  const route = (name: string, text: string): string =>
    JSON.stringify({
      apiVersion: 'specs.smi-spec.io/v1alpha4',
      kind: 'HTTPRouteGroup',
      metadata: { name, namespace: 'bookstore' },
      spec: { matches: [{ name: 'm', pathRegex: text, methods: ['GET'] }] },
    })
  const split = `{"apiVersion":"split.smi-spec.io/v1alpha2","kind":"TrafficSplit","metadata":{"name":"hostile-numbers","namespace":"bookstore"},"spec":{"service":"s","backends":[{"service":"a","weight":9223372036854775807},{"service":"b","weight":0.1}]}}`
  return [
    route('hostile-dates', '2001-12-14t21:59:43.10-05:00'),
    route('hostile-unicode', 'e\u0301 \u2028 📚 \\u0000 </script>'),
    route('hostile-size', 'x'.repeat(600 * 1024)),
    split,
  ].join('\n')
}

/** One with a status, and one that belongs to another. */
export async function ownedObjects(env: Record<string, string>): Promise<string> {
  const owner = find(await everyObject(env), 'TrafficTarget', 'traffictarget-0')
  const { uid = '', namespace = '' } = owner?.metadata ?? {}
  const backend = {
    apiVersion: 'policy.openservicemesh.io/v1alpha1',
    kind: 'IngressBackend',
    metadata: { name: 'with-status', namespace: 'osm-system' },
    spec: { backends: [], sources: [] },
  }
  const target = {
    apiVersion: 'access.smi-spec.io/v1alpha3',
    kind: 'TrafficTarget',
    metadata: {
      ...{ name: 'owned', namespace, labels: { team: 'books' } },
      ownerReferences: [
        { apiVersion: 'access.smi-spec.io/v1alpha3', kind: 'TrafficTarget', name: 'traffictarget-0', uid },
      ],
    },
    spec: { destination: { kind: 'ServiceAccount', name: 'a', namespace }, sources: [], rules: [] },
  }
  return [target, backend].map((object) => JSON.stringify(object)).join('\n')
}

/** A webhook that nobody answers, for new TrafficSplits. */
export const silentWebhook = JSON.stringify({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name: 'silent' },
  webhooks: [
    {
      name: 'silent.example.com',
      clientConfig: { service: { name: 'nobody', namespace: 'default', path: '/' } },
      rules: [
        {
          apiGroups: ['split.smi-spec.io'],
          apiVersions: ['*'],
          operations: ['CREATE'],
          resources: ['trafficsplits'],
        },
      ],
      ...{ failurePolicy: 'Fail', sideEffects: 'None', admissionReviewVersions: ['v1'], timeoutSeconds: 1 },
    },
  ],
})

export async function createAll({ bed }: MeshOnBed, documents: string): Promise<void> {
  mkdirSync(join(bed.dir, 'made'), { recursive: true })
  const file = join(bed.dir, 'made', `${readdirSync(join(bed.dir, 'made')).length}.json`)
  writeFileSync(file, documents.split('\n').join('\n---\n'))
  await mustRun('kubectl', ['create', '-f', file], { env: bed.env })
}
