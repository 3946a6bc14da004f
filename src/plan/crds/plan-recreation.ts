import type { RequiredField } from '../../meshes/mesh.js'
import {
  type CrdChange,
  type CustomResourceKind,
  type RawObject,
  type ResourceEdit,
} from '../../model/crd.js'
import type { Finding } from '../../model/finding.js'
import { listField, textField, type KubeObject } from '../../model/kube-object.js'
import type { ObjectRef } from '../../model/object-ref.js'
import type { ConsentRequirement } from '../../model/plan.js'
import { isMapping } from '../../model/values.js'
import { schemaOf } from './crd-spec.js'
import { judgeResource, pathText, type SchemaProblem } from './judge-resource.js'

/** What is known of one custom resource that is to be deleted and made again; never its body. */
export interface RecreationVerdict {
  kind: CustomResourceKind
  object: ObjectRef
  problems: SchemaProblem[]
  /** Fields that the new schema drops. */
  lost: string[]
  edits: ResourceEdit[]
  finalizers: string[]
  isTerminating: boolean
}

/** What deleting and making again comes to; part of a plan. */
export interface Recreation {
  findings: Finding[]
  edits: ResourceEdit[]
  consents: ConsentRequirement[]
}

const shown = 5

/** Judges one object against the target's CRD; undefined where there is nothing to tell. Pure and total. */
export function judgeForRecreation(
  kind: CustomResourceKind,
  raw: RawObject,
  target: KubeObject,
  fields: readonly RequiredField[],
): RecreationVerdict | undefined {
  const parsed: unknown = JSON.parse(raw.raw)
  const { problems, lost } = judgeResource(parsed, schemaOf(target, kind.version))
  const { namespace, name } = raw
  const edits = problems.flatMap(({ path, isMissing }): ResourceEdit[] => {
    const known = fields.find(
      ({ crd, path: wanted }) => crd === kind.crd && wanted.join('.') === path.join('.'),
    )
    if (!known || !isMissing) return []
    return [{ crd: kind.crd, namespace, name, path: known.path, value: known.value }]
  })
  const mended = new Set(edits.map(({ path }) => path.join('.')))
  const verdict: RecreationVerdict = {
    kind,
    object: refOf(kind, raw),
    problems: problems.filter(({ path }) => !mended.has(path.join('.'))),
    lost: lost.map(pathText),
    edits,
    finalizers: listField(parsed, 'metadata', 'finalizers').map(String),
    isTerminating: textField(parsed, 'metadata', 'deletionTimestamp') !== '',
  }
  const isPlain = [verdict.problems, verdict.lost, edits, verdict.finalizers].every(
    (list) => list.length === 0,
  )
  return isPlain && !verdict.isTerminating ? undefined : verdict
}

export interface RecreationInput {
  crds: readonly CrdChange[]
  kinds: readonly CustomResourceKind[]
  verdicts: readonly RecreationVerdict[]
  fields: readonly RequiredField[]
  /** Objects that would be collected with their owners, because they are not among what is made again. */
  dependents: readonly ObjectRef[]
}

/** What follows from the judgements of all objects: findings, edits and what must be consented to. */
export function planRecreation(input: RecreationInput): Recreation {
  const recreated = input.crds.filter(({ action }) => action === 'recreate')
  if (recreated.length === 0) return { findings: [], edits: [], consents: [] }
  const { verdicts, fields, dependents } = input
  const edits = verdicts.flatMap((verdict) => verdict.edits)
  return {
    edits,
    findings: [
      ...versionFindings(recreated, input.kinds),
      ...verdicts.flatMap(refusedFindings),
      ...lossFindings(verdicts),
      ...editFindings(edits, fields, verdicts),
      ...holdFindings(verdicts),
      ...dependentFindings(dependents),
    ],
    consents: [
      recreateConsent(recreated),
      ...lossConsents(verdicts),
      ...fields.flatMap((known) => editConsents(known, edits)),
    ],
  }
}

function recreateConsent(recreated: readonly CrdChange[]): ConsentRequirement {
  const objects = recreated.reduce((sum, { customResources }) => sum + customResources, 0)
  const text = `${objects} custom resources of ${recreated.length} kinds are deleted and made again from the backup; until the last is back they are not in force`
  return { id: 'recreate-crds', text }
}

/** An object can be made again only in a version that the new CRD serves. */
function versionFindings(recreated: readonly CrdChange[], kinds: readonly CustomResourceKind[]): Finding[] {
  return recreated.flatMap(({ name, target, customResources }) => {
    const version = kinds.find(({ crd }) => crd === name)?.version
    const isServed = version === undefined || target?.servedVersions.includes(version) === true
    if (isServed || customResources === 0) return []
    return [
      {
        code: 'MU216',
        severity: 'error' as const,
        object: crdObject(name),
        message: `its ${customResources} custom resources are kept in version ${version}, which the target does not serve: they could not be made again`,
        evidence: [`versions of the target: ${target?.servedVersions.join(', ') ?? 'none'}`],
        remedy: {
          text: 'go through a version of the mesh whose CRDs serve both',
          commands: [`kubectl get crd ${name} -o jsonpath='{.spec.versions[*].name}'`],
        },
      },
    ]
  })
}

function refusedFindings({ object, problems, kind }: RecreationVerdict): Finding[] {
  const [first] = problems
  if (!first) return []
  return [
    {
      code: 'MU211',
      severity: 'error',
      object,
      field: pathText(first.path),
      message: `could not be made again: ${pathText(first.path)} ${first.message} in the target's CRD`,
      evidence: problems.map(({ path, message }) => `${pathText(path)} ${message}`),
      remedy: {
        text: 'mend the object first, or update CRDs in place (--crds in-place), which leaves objects as they are',
        commands: [`kubectl edit ${kind.plural}.${kind.group} ${place(object)}`],
      },
    },
  ]
}

function lossFindings(verdicts: readonly RecreationVerdict[]): Finding[] {
  return byKind(verdicts.filter(({ lost }) => lost.length > 0)).map(([kind, losing]) => ({
    code: 'MU214',
    severity: 'warning',
    message: `${losing.length} ${kind.plural} lose fields that the target's CRD does not know; the backup keeps them`,
    evidence: losing.slice(0, shown).map(({ object, lost }) => `${nameOf(object)}: ${lost.join(', ')}`),
    remedy: {
      text: 'move what they say elsewhere first, or accept the loss',
      commands: [],
      consent: `lose:${kind.plural}`,
    },
  }))
}

function lossConsents(verdicts: readonly RecreationVerdict[]): ConsentRequirement[] {
  return byKind(verdicts.filter(({ lost }) => lost.length > 0)).map(([{ plural }, losing]) => ({
    id: `lose:${plural}`,
    text: `${losing.length} ${plural} lose fields for good: ${[...new Set(losing.flatMap(({ lost }) => lost))].slice(0, shown).join(', ')}`,
  }))
}

function editFindings(
  edits: readonly ResourceEdit[],
  fields: readonly RequiredField[],
  verdicts: readonly RecreationVerdict[],
): Finding[] {
  return edits.flatMap((edit) => {
    const known = fields.find(({ crd, path }) => crd === edit.crd && path.join() === edit.path.join())
    const object = verdicts.find(({ edits: own }) => own.includes(edit))?.object
    const path = pathText(edit.path)
    const message = `gets ${path}: ${JSON.stringify(edit.value)}, which the target's CRD requires and the object lacks`
    return [
      {
        code: 'MU212',
        severity: 'info' as const,
        ...(object ? { object } : {}),
        field: path,
        message,
        evidence: known ? [known.why] : [],
      },
    ]
  })
}

function editConsents(
  { crd, path, value }: RequiredField,
  edits: readonly ResourceEdit[],
): ConsentRequirement[] {
  const own = edits.filter((edit) => edit.crd === crd && edit.path.join() === path.join())
  if (own.length === 0) return []
  const plural = crd.slice(0, crd.indexOf('.'))
  const text = `${own.length} ${plural} get ${pathText(path)}: ${JSON.stringify(value)}, without which they could not be made again`
  return [{ id: `set:${plural}.${path.at(-1) ?? ''}`, text }]
}

function holdFindings(verdicts: readonly RecreationVerdict[]): Finding[] {
  const held = verdicts.filter(({ finalizers }) => finalizers.length > 0)
  const going = verdicts.filter(({ isTerminating }) => isTerminating)
  const evidence = held
    .slice(0, shown)
    .map(({ object, finalizers }) => `${nameOf(object)}: ${finalizers.join(', ')}`)
  const found: Finding[] = []
  if (held.length > 0) {
    found.push({
      code: 'MU213',
      severity: 'warning',
      message: `${held.length} custom resources have finalizers: deleting their CRD waits until whoever set them takes them away`,
      evidence,
      remedy: { text: 'make sure that their controllers run; they are never stripped', commands: [] },
    })
  }
  if (going.length > 0) {
    found.push({
      code: 'MU213',
      severity: 'error',
      message: `${going.length} custom resources are being deleted: made again they would be alive`,
      evidence: going.slice(0, shown).map(({ object }) => nameOf(object)),
      remedy: { text: 'wait until they are gone, then plan again', commands: [] },
    })
  }
  return found
}

/** The garbage collector deletes what a deleted object owns. */
function dependentFindings(dependents: readonly ObjectRef[]): Finding[] {
  if (dependents.length === 0) return []
  return [
    {
      code: 'MU215',
      severity: 'error',
      message: `${dependents.length} objects belong to custom resources that would be deleted, and would be deleted with them`,
      evidence: dependents.slice(0, shown).map((object) => `${object.kind} ${nameOf(object)}`),
      remedy: {
        text: 'update CRDs in place: --crds in-place; or take the ownerReferences off these objects first',
        commands: [],
      },
    },
  ]
}

function byKind(verdicts: readonly RecreationVerdict[]): [CustomResourceKind, RecreationVerdict[]][] {
  const kinds = [...new Map(verdicts.map(({ kind }) => [kind.crd, kind])).values()]
  return kinds.map((kind) => [kind, verdicts.filter((verdict) => verdict.kind.crd === kind.crd)])
}

function refOf({ group, version, kind }: CustomResourceKind, { namespace, name }: RawObject): ObjectRef {
  return { apiVersion: `${group}/${version}`, kind, name, ...(namespace === '' ? {} : { namespace }) }
}

function crdObject(name: string): ObjectRef {
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name }
}

function nameOf({ namespace, name }: ObjectRef): string {
  return namespace === undefined ? name : `${namespace}/${name}`
}

function place({ namespace, name }: ObjectRef): string {
  return namespace === undefined ? name : `${name} -n ${namespace}`
}

/** Whether a live object belongs to one that is deleted. Pure and total. */
export function ownersAmong(object: unknown, kinds: readonly CustomResourceKind[]): boolean {
  return listField(object, 'metadata', 'ownerReferences').some((owner) =>
    kinds.some(
      ({ group, kind }) =>
        isMapping(owner) &&
        textField(owner, 'kind') === kind &&
        textField(owner, 'apiVersion').startsWith(`${group}/`),
    ),
  )
}
