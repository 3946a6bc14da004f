import type { MeshProfile } from '../../meshes/mesh.js'
import type { UpgradeError } from '../../errors.js'
import type { Chart, CrdManifest } from '../../model/chart.js'
import type { ClusterSnapshot } from '../../model/cluster.js'
import { servedKindKeys } from '../../model/crd.js'
import type { Finding } from '../../model/finding.js'
import type { KubeObject } from '../../model/kube-object.js'
import type { ReleaseSnapshot } from '../../model/release.js'
import { preflightChecks } from '../checks/registry.js'
import { diffObjects, type ObjectDiff } from './diff-objects.js'
import { manifestScope, parseManifest } from './parse-manifest.js'

export interface ObjectsInput {
  profile: MeshProfile
  cluster: ClusterSnapshot
  release: ReleaseSnapshot
  chart: Chart
  available: readonly string[]
  rendered: { manifest: string } | { refused: UpgradeError }
  /** CRDs that the target brings. */
  target: readonly CrdManifest[]
  redact: (text: string) => string
}

export interface PlannedObjects {
  after: KubeObject[]
  diff: ObjectDiff
  findings: Finding[]
}

/** Rendered objects of release and target compared, and every preflight check over both. */
export function planObjects(input: ObjectsInput): PlannedObjects {
  const { cluster, release, rendered, redact } = input
  const scope = manifestScope(release.namespace, cluster.servedKinds)
  const before = parseManifest(release.manifest.reveal(), scope)
  const after =
    'manifest' in rendered ? parseManifest(rendered.manifest, scope) : { objects: [], problems: [] }
  const refused = 'refused' in rendered
  const comingKinds = new Set(input.target.flatMap(({ object }) => servedKindKeys(object)))
  const checked = preflightChecks.flatMap((check) =>
    check({ ...input, before: before.objects, after: after.objects, comingKinds }),
  )
  return {
    after: after.objects,
    diff: refused ? { changes: [], unchanged: 0 } : diffObjects(before.objects, after.objects, redact),
    findings: [
      ...checked,
      ...problemFindings([...before.problems, ...after.problems]),
      ...(refused ? [refusal(rendered.refused, redact)] : []),
    ],
  }
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
