/** Sample applications and policies of a mesh: what the tests and the demo carry through an upgrade. */
import { sampleApplications, type ChartVersion, type SampleObject } from './sample-apps.js'
import { samplePolicies, type PolicyOptions } from './sample-policies.js'

export { SAMPLE_APPS, sampleApplications, type ChartVersion, type SampleObject } from './sample-apps.js'
export { samplePolicies } from './sample-policies.js'

export interface SampleOptions extends PolicyOptions {
  /** Mesh whose namespaces these are. */
  meshName?: string
}

const FIRST_CRDS = [
  'egresses.policy.openservicemesh.io',
  'httproutegroups.specs.smi-spec.io',
  'meshconfigs.config.openservicemesh.io',
  'tcproutes.specs.smi-spec.io',
  'trafficsplits.split.smi-spec.io',
  'traffictargets.access.smi-spec.io',
]
const LATER_CRDS = [
  'ingressbackends.policy.openservicemesh.io',
  'multiclusterservices.config.openservicemesh.io',
]

/** Names of the CRDs that a version of the mesh brings. */
export function crdNames(version: ChartVersion): string[] {
  return version === '0.9.2' ? FIRST_CRDS : [...FIRST_CRDS, ...LATER_CRDS].sort()
}

/** Applications and `count` policies (200 unless told), the same objects on every call. */
export function sampleResources(options: SampleOptions = {}): SampleObject[] {
  return [...sampleApplications(options.meshName), ...samplePolicies(options)]
}

/** JSON of an object with integers of any size in it. */
export function toJson(value: unknown): string {
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return `[${value.map(toJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${toJson(member)}`).join(',')}}`
}

/** One file for `kubectl apply -f`: JSON documents, which are YAML too. */
export function toManifest(objects: readonly SampleObject[]): string {
  return objects.map((object) => `---\n${toJson(object)}\n`).join('')
}
