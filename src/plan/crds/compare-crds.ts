import type { CrdManifest } from '../../model/chart.js'
import {
  versionsOf,
  type CrdChange,
  type CrdClaim,
  type CrdOwner,
  type CrdProof,
  type LiveCrd,
} from '../../model/crd.js'
import { canonicalJson } from '../../model/digest.js'
import type { Finding } from '../../model/finding.js'
import { field, type KubeObject } from '../../model/kube-object.js'
import type { ReleaseNotes } from '../../model/release-notes.js'
import { crdDifferences } from './crd-differences.js'
import { crdRules } from './rules/registry.js'

export interface CompareCrdsInput {
  live: readonly LiveCrd[]
  /** CRDs that the target brings, from the chart or `--crds-from`. */
  target: readonly CrdManifest[]
  proofs: readonly CrdProof[]
  notes: readonly ReleaseNotes[]
  /** Number of custom resources by CRD name. */
  counts: ReadonlyMap<string, number>
  /** Who brings the CRDs of the target up to date. */
  owner: CrdOwner
  skip: boolean
  /** What would be updated is deleted and made again. */
  recreate?: boolean
}

export interface ComparedCrds {
  changes: CrdChange[]
  findings: Finding[]
}

/** Release notes, target chart and live cluster side by side, and what follows for each CRD. */
export function compareCrds(input: CompareCrdsInput): ComparedCrds {
  const names = [
    ...new Set([
      ...input.target.map(({ object }) => object.metadata.name),
      ...input.live.map(({ name }) => name),
    ]),
  ]
  const compared = names.sort().map((name) => compareOne(name, input))
  return {
    changes: compared.map(({ change }) => change),
    findings: compared.flatMap(({ findings }) => findings),
  }
}

type CommonParts = Omit<CrdChange, 'action' | 'targetChart'>

function compareOne(name: string, input: CompareCrdsInput): { change: CrdChange; findings: Finding[] } {
  const live = input.live.find((crd) => crd.name === name)?.object
  const manifest = input.target.find(({ object }) => object.metadata.name === name)
  const common = commonParts(name, live, manifest, input)
  if (!manifest) {
    // Not in the chart is not removed: an owner of their own brings them (design §1.12).
    const action = input.owner === 'workload' ? 'left-to-owner' : 'not-in-target'
    return { change: { ...common, action, targetChart: 'not-carried' }, findings: [] }
  }
  const proof = input.proofs.find((candidate) => candidate.name === name)?.result
  const refused = refusalFindings(name, proof)
  if (live) {
    const { skip, recreate = false } = input
    return compareExisting(common, { live, target: manifest.object, proof, refused, skip, recreate })
  }
  const action = input.skip ? 'none' : 'create'
  return { change: { ...common, action, targetChart: 'added' }, findings: refused }
}

function commonParts(
  name: string,
  live: KubeObject | undefined,
  manifest: CrdManifest | undefined,
  input: CompareCrdsInput,
): CommonParts {
  return {
    name,
    owner: input.owner,
    releaseNotes:
      manifest || input.owner !== 'workload'
        ? claimOfNotes(manifest?.file, input.notes)
        : claimOfAll(input.notes),
    differences: [],
    managers: live ? specManagers(live) : [],
    customResources: input.counts.get(name) ?? 0,
    ...(live ? { live: versionsOf(live) } : {}),
    ...(manifest ? { target: versionsOf(manifest.object), file: manifest.file } : {}),
  }
}

interface ExistingCrd {
  live: KubeObject
  target: KubeObject
  proof: CrdProof['result'] | undefined
  refused: Finding[]
  skip: boolean
  recreate: boolean
}

function compareExisting(common: CommonParts, crd: ExistingCrd): { change: CrdChange; findings: Finding[] } {
  const { live, target, refused } = crd
  const { name, customResources } = common
  if (!wouldChange(live, target, crd.proof)) {
    return { change: { ...common, action: 'none', targetChart: 'unchanged' }, findings: refused }
  }
  const rules = crdRules.flatMap((rule) => rule({ name, live, target, customResources }))
  const differences = crdDifferences(live, target)
  const change: CrdChange = { ...common, differences, action: actionOf(crd), targetChart: 'changed' }
  // The rule explains what the server's refusal only states.
  const explained = rules.some(({ severity }) => severity === 'error')
  const findings = explained ? rules : [...refused, ...rules]
  if (change.action !== 'recreate') return { change, findings }
  return { change, findings: findings.filter(({ code }) => !isCuredByRecreation(code, customResources)) }
}

function actionOf({ skip, recreate }: ExistingCrd): CrdChange['action'] {
  if (skip) return 'none'
  return recreate ? 'recreate' : 'update'
}

/** A new CRD has no stored versions; objects are proved one by one; without any the scope is free, too. */
function isCuredByRecreation(code: string, customResources: number): boolean {
  return code === 'MU201' || code === 'MU204' || (code === 'MU205' && customResources === 0)
}

/** The server's own result decides where there is one; otherwise the manifest against the live spec. */
function wouldChange(live: KubeObject, target: KubeObject, proof: CrdProof['result'] | undefined): boolean {
  if (proof?.ok) return canonicalJson(field(live, 'spec')) !== canonicalJson(field(proof.object, 'spec'))
  return crdDifferences(live, target).length > 0
}

function refusalFindings(name: string, proof: CrdProof['result'] | undefined): Finding[] {
  if (!proof || proof.ok) return []
  const object = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name }
  const { status, message } = proof.refusal
  if (status === 403) {
    return [
      {
        code: 'MU502',
        severity: 'unknown',
        object,
        message: `CRD ${name} could not be proved on the API server: you may not patch it`,
        evidence: [message],
        remedy: {
          text: 'ask for the permission to patch customresourcedefinitions',
          commands: [`kubectl auth can-i patch crd/${name}`],
        },
      },
    ]
  }
  return [
    {
      code: 'MU206',
      severity: 'error',
      object,
      message: `the API server refuses CRD ${name}`,
      evidence: [message],
    },
  ]
}

/** What the notes of all versions in between say of a CRD's file; unknown outweighs unchanged. */
function claimOfNotes(file: string | undefined, notes: readonly ReleaseNotes[]): CrdClaim {
  const base = file?.split('/').at(-1)
  const listed = notes.some(
    ({ files }) => base !== undefined && files.some((path) => path.split('/').at(-1) === base),
  )
  if (listed) return 'changed'
  const unread =
    notes.length === 0 ||
    notes.some(({ crdUpdates }) => crdUpdates === 'unknown' || crdUpdates === 'no-section')
  return unread ? 'unknown' : 'unchanged'
}

/** Without a file there is no telling what the notes' list of files means for a CRD; only "none" says it. */
function claimOfAll(notes: readonly ReleaseNotes[]): CrdClaim {
  return notes.length > 0 && notes.every(({ crdUpdates }) => crdUpdates === 'none') ? 'unchanged' : 'unknown'
}

function specManagers(crd: KubeObject): string[] {
  const entries = crd.metadata.managedFields ?? []
  const writers = entries.filter((entry) => field(entry, 'fieldsV1', 'f:spec') !== undefined)
  return [...new Set(writers.map(({ manager }) => manager ?? 'unknown'))]
}
