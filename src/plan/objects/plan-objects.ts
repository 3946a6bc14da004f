import type { MeshProfile } from '../../meshes/mesh.js'
import type { UpgradeError } from '../../errors.js'
import type { Chart, CrdManifest } from '../../model/chart.js'
import type { ClusterSnapshot } from '../../model/cluster.js'
import { servedKindKeys } from '../../model/crd.js'
import type { Finding } from '../../model/finding.js'
import { refOf, type KubeObject } from '../../model/kube-object.js'
import type { ReleaseSnapshot } from '../../model/release.js'
import type { RunRecord } from '../../model/run-record.js'
import type { ObjectRef } from '../../model/object-ref.js'
import type { Values } from '../../model/values.js'
import { removedWebhooks } from '../checks/admission-removed.js'
import { preflightChecks } from '../checks/registry.js'
import { diffObjects, type ObjectDiff } from './diff-objects.js'
import { mergeValues } from '../values/value-paths.js'
import { manifestScope, parseManifest, type ParsedManifest } from './parse-manifest.js'

export interface ObjectsInput {
  profile: MeshProfile
  cluster: ClusterSnapshot
  release: ReleaseSnapshot
  chart: Chart
  available: readonly string[]
  lastRun?: RunRecord
  /** The objects of the stored manifest. */
  before: ParsedManifest
  rendered: { manifest: string } | { refused: UpgradeError }
  /** CRDs that the target brings. */
  target: readonly CrdManifest[]
  /** helm alone has no steps of ours. */
  executor: 'mesh-upgrade' | 'helm'
  /** Of the target, without the chart's defaults. */
  values: { values: Values }
  redact: (text: string) => string
}

export interface PlannedObjects {
  after: KubeObject[]
  diff: ObjectDiff
  findings: Finding[]
  /** Live objects that leave the chart and are to stay: the mesh's own workloads take them over. */
  kept: ObjectRef[]
}

/** Rendered objects of release and target compared, and every preflight check over both. */
export function planObjects(input: ObjectsInput): PlannedObjects {
  const { cluster, release, before, rendered, redact } = input
  const scope = manifestScope(release.namespace, cluster.servedKinds)
  const after =
    'manifest' in rendered ? parseManifest(rendered.manifest, scope) : { objects: [], problems: [] }
  const refused = 'refused' in rendered
  const comingKinds = new Set(input.target.flatMap(({ object }) => servedKindKeys(object)))
  const objects = { before: before.objects, after: after.objects }
  const kept = keptObjects(input, objects)
  const checked = preflightChecks.flatMap((check) => check({ ...input, ...objects, comingKinds, kept }))
  return {
    after: after.objects,
    kept,
    diff: refused ? { changes: [], unchanged: 0 } : diffObjects(before.objects, after.objects, redact),
    findings: [
      ...checked,
      ...problemFindings([...before.problems, ...after.problems]),
      ...(refused ? [refusal(rendered.refused, redact)] : []),
    ],
  }
}

function keptObjects(
  { executor, profile, chart, values }: ObjectsInput,
  objects: { before: readonly KubeObject[]; after: readonly KubeObject[] },
): ObjectRef[] {
  if (executor === 'helm') return []
  const owned = profile.ownedWebhooks(chart.version, mergeValues(values.values, chart.defaults))
  const names = new Set(owned.map(({ kind, name }) => `${kind}/${name}`))
  return removedWebhooks(objects)
    .map(refOf)
    .filter(({ kind, name }) => names.has(`${kind}/${name}`))
}

function refusal(error: UpgradeError, redact: (text: string) => string): Finding {
  const [first = '', ...rest] = redact(error.message).split('\n')
  return {
    code: 'MU120',
    severity: 'error',
    message: `the chart does not render with these values: ${first}`,
    evidence: rest.filter((line) => line.trim() !== ''),
    remedy: { text: 'change the values that it names with --set or -f', commands: [] },
  }
}

function problemFindings(problems: readonly string[]): Finding[] {
  return problems.map((message) => ({ code: 'MU403', severity: 'warning', message, evidence: [] }))
}
