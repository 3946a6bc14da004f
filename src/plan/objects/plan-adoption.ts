import type { Finding } from '../../model/finding.js'
import { refOf, textField, type KubeObject } from '../../model/kube-object.js'
import { formatRef, type ObjectRef } from '../../model/object-ref.js'
import { isOwnedBy, managedByLabel, ownerAnnotations, ownerOf } from '../../model/ownership.js'
import type { ReleaseName } from '../../model/release.js'
import { kubectlName, noRemedies, remedyId, type ObjectRemedies, type RemedyWish } from './object-remedies.js'

export interface AdoptionInput extends RemedyWish {
  /** Live objects of the names that the target adds; metadata is enough. */
  live: readonly KubeObject[]
  /** Releases that are stored, of those that the objects name. */
  stored: readonly ReleaseName[]
  /** helm is told to take what others own. */
  takesOwnership: boolean
}

/** Objects that the target adds and that exist: helm refuses them unless they say that they are the release's. Pure. */
export function planAdoption(input: AdoptionInput): ObjectRemedies {
  const foreign = input.live.filter((object) => !isOwnedBy(object, input.release))
  const adopted = input.takesOwnership ? [] : foreign.filter((object) => isAdopted(object, input))
  return {
    ...noRemedies,
    findings: foreign.map((object) => foreignFinding(object, input)),
    consents: adopted.map((object) => ({
      id: remedyId('adopt', refOf(object)),
      text: `${formatRef(refOf(object))}, ${ownerWords(object, input)}, becomes part of ${input.release.name}: helm changes it now and deletes it with the release`,
    })),
    adopted: adopted.map(refOf),
  }
}

function isAdopted(object: KubeObject, input: AdoptionInput): boolean {
  return mayAdopt(object, input) && input.accepted.includes(remedyId('adopt', refOf(object)))
}

/** What a release that exists owns is never taken from it. */
function mayAdopt(object: KubeObject, { stored, executor }: AdoptionInput): boolean {
  return executor === 'mesh-upgrade' && !stored.some((release) => isNamed(object, release))
}

function isNamed(object: KubeObject, release: ReleaseName): boolean {
  const owner = ownerOf(object)
  return owner?.name === release.name && owner.namespace === release.namespace
}

function foreignFinding(object: KubeObject, input: AdoptionInput): Finding {
  const ref = refOf(object)
  const { release, takesOwnership } = input
  const adopts = !takesOwnership && isAdopted(object, input)
  const is = `${formatRef(ref)} is there already, ${ownerWords(object, input)}`
  const why = takesOwnership
    ? 'helm takes it (--take-ownership), and a rollback deletes it'
    : adopts
      ? `it is made part of ${release.name} first; a rollback puts it back as it was`
      : 'helm refuses to make it part of this release'
  return {
    code: 'MU405',
    severity: takesOwnership || adopts ? 'warning' : 'error',
    object: ref,
    message: `${is}: ${why}`,
    evidence: writers(object),
    ...(takesOwnership || adopts ? {} : { remedy: remedyOf(object, input) }),
  }
}

function remedyOf(object: KubeObject, input: AdoptionInput): NonNullable<Finding['remedy']> {
  const ref = refOf(object)
  const owner = ownerOf(object)
  if (owner && input.stored.some((release) => isNamed(object, release))) {
    const text = `let ${owner.name} give it up first, or switch it off in this chart`
    return { text, commands: [`helm get manifest ${owner.name} -n ${owner.namespace}`] }
  }
  const text = 'rename or delete it, or let this release have it'
  if (mayAdopt(object, input)) return { text, commands: [], consent: remedyId('adopt', ref) }
  return { text, commands: adoptCommands(ref, input.release) }
}

function ownerWords(object: KubeObject, { stored }: Pick<AdoptionInput, 'stored'>): string {
  const owner = ownerOf(object)
  if (!owner) return 'and belongs to no helm release'
  const named = `release ${owner.name || '(no name)'} in ${owner.namespace || '(no namespace)'}`
  return stored.some((release) => isNamed(object, release))
    ? `and belongs to ${named}`
    : `and says that it belongs to ${named}, which is not fully so: no such release is stored or a mark is missing`
}

/** Who wrote it, by what the server kept of it. */
function writers(object: KubeObject): string[] {
  const managers = (object.metadata.managedFields ?? []).flatMap(({ manager }) => manager ?? [])
  const managedBy = textField(object, 'metadata', 'labels', managedByLabel)
  const owners = (object.metadata.ownerReferences ?? []).map(({ kind, name }) => `owned by ${kind} ${name}`)
  return [
    ...(managers.length > 0 ? [`written by ${[...new Set(managers)].join(', ')}`] : []),
    ...(managedBy === '' ? [] : [`labelled ${managedByLabel}=${managedBy}`]),
    ...owners,
  ]
}

/** What a person types to make an object part of a release. */
export function adoptCommands(ref: ObjectRef, { name, namespace }: ReleaseName): string[] {
  const at = kubectlName(ref)
  return [
    `kubectl label ${at} --overwrite ${managedByLabel}=Helm`,
    `kubectl annotate ${at} --overwrite ${ownerAnnotations.name}=${name} ${ownerAnnotations.namespace}=${namespace}`,
  ]
}
