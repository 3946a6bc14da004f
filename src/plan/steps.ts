import type { CrdChange, ResourceEdit } from '../model/crd.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { Step } from '../model/step.js'
import type { CrdOwnership } from '../meshes/mesh.js'
import { formatRef } from '../model/object-ref.js'
import { noRemedies, type ObjectRemedies } from './objects/object-remedies.js'
import { keepCommand } from './objects/resource-policy.js'
import { orphanSteps, stepsBeforeHelm } from './remedy-steps.js'
import type { CommandsByHand } from './commands-by-hand.js'

export interface StepsInput {
  /** Which hop of the plan, from 1: ids of steps differ from hop to hop. */
  hop: number
  executor: 'mesh-upgrade' | 'helm'
  release: { name: string; namespace: string }
  chartVersion: string
  crds: readonly CrdChange[]
  /** Fields that custom resources get when they are made again. */
  edits?: readonly ResourceEdit[]
  crdOwner: CrdOwnership
  /** API groups of the mesh's CRDs. */
  crdGroups: readonly string[]
  /** Live objects that leave the chart and are to stay. */
  kept: readonly ObjectRef[]
  /** Objects that a step clears out of helm's way. */
  remedies?: ObjectRemedies
  workloads: readonly ObjectRef[]
  byHand: CommandsByHand
}

/** The ordered steps of one hop; what helm alone does is one of them. */
export function planSteps(input: StepsInput): Step[] {
  const steps = orderedSteps(input)
  return input.hop === 1 ? steps : steps.map((step) => ({ ...step, id: `${step.id}-${input.hop}` }))
}

function orderedSteps(input: StepsInput): Step[] {
  if (input.executor === 'helm') return [upgradeStep(input)]
  const applied = input.crds.filter(({ action }) => ['create', 'update', 'recreate'].includes(action))
  const recreated = applied.filter(({ action }) => action === 'recreate')
  const steps: Step[] = [backupStep(input)]
  if (recreated.length > 0) steps.push(deleteStep(recreated))
  if (applied.length > 0) steps.push(applyCrdsStep(input, applied))
  // All is back before helm: nothing waits for a controller without its resources, and the interruption is short.
  if (recreated.length > 0) steps.push(restoreStep(input, recreated))
  if (input.kept.length > 0) steps.push(keepStep(input))
  const { remedies = noRemedies } = input
  steps.push(...stepsBeforeHelm(remedies, input.release), upgradeStep(input))
  if (input.workloads.length > 0) steps.push(waitStep(input))
  steps.push(...orphanSteps('remove-orphans', remedies.orphaning))
  if (input.crdOwner.owner === 'workload') steps.push(waitCrdsStep(input))
  steps.push({
    id: 'verify',
    type: 'verify',
    title: 'verify release, workloads, CRDs and custom resources',
    mutates: false,
    commands: [],
  })
  return steps
}

export function backupStep({ release, crds }: StepsInput): Step {
  const withObjects = crds.filter(({ live }) => live !== undefined)
  const count = withObjects.reduce((sum, { customResources }) => sum + customResources, 0)
  const names = withObjects.map(({ name }) => name)
  return {
    id: 'backup',
    type: 'backup',
    crds: names,
    title: `back up release, values, ${plural(names.length, 'CRD')} and ${plural(count, 'custom resource')} to this machine`,
    mutates: false,
    commands: [
      `kubectl get secret -n ${release.namespace} -l owner=helm,name=${release.name} -o yaml > release.yaml`,
      ...(names.length > 0
        ? [
            `kubectl get crd ${names.join(' ')} -o yaml > crds.yaml`,
            `kubectl get ${names.join(',')} -A -o yaml > custom-resources.yaml`,
          ]
        : []),
    ],
  }
}

export function applyCrdsStep({ byHand }: StepsInput, applied: readonly CrdChange[]): Step {
  const names = applied.map(({ name }) => name)
  return {
    id: 'apply-crds',
    type: 'apply-crds',
    crds: names,
    title: `${applyVerb(applied)}: ${names.join(', ')}`,
    mutates: true,
    commands: [
      ...byHand.fetchCrds,
      `kubectl apply --server-side --force-conflicts --field-manager=mesh-upgrade -f ${byHand.crdLocation}`,
      `kubectl wait --for=condition=Established ${names.map((name) => `crd/${name}`).join(' ')}`,
    ],
  }
}

function applyVerb(applied: readonly CrdChange[]): string {
  const isAgain = applied.some(({ action }) => action === 'recreate')
  const what = plural(applied.length, 'CRD')
  return isAgain ? `create ${what} and wait until they are served` : `update ${what} in place`
}

export function deleteStep(recreated: readonly CrdChange[]): Step {
  const names = recreated.map(({ name }) => name)
  const objects = recreated.reduce((sum, { customResources }) => sum + customResources, 0)
  return {
    id: 'delete-crds',
    type: 'delete-crds',
    crds: names,
    title: `delete ${plural(names.length, 'CRD')} and with them ${plural(objects, 'custom resource')}: ${names.join(', ')}`,
    mutates: true,
    commands: [`kubectl delete crd ${names.join(' ')}`],
  }
}

export function restoreStep({ edits = [] }: StepsInput, recreated: readonly CrdChange[]): Step {
  const objects = recreated.reduce((sum, { customResources }) => sum + customResources, 0)
  const set = [...new Set(edits.map(({ path, value }) => `.${path.join('.')}: ${JSON.stringify(value)}`))]
  const added = set.length > 0 ? `, with ${set.join(', ')} added` : ''
  return {
    id: 'restore-resources',
    type: 'restore-resources',
    crds: recreated.map(({ name }) => name),
    ...(edits.length > 0 ? { edits: [...edits] } : {}),
    title: `make ${plural(objects, 'custom resource')} again from the backup, and compare all${added}`,
    mutates: true,
    commands: ['kubectl create -f custom-resources.yaml'],
  }
}

function keepStep({ kept }: StepsInput): Step {
  return {
    id: 'keep-objects',
    type: 'keep-objects',
    objects: [...kept],
    title: `keep what leaves the chart and the mesh takes over: ${kept.map(formatRef).join(', ')}`,
    mutates: true,
    commands: kept.map((ref) => keepCommand(ref, 'keep')),
  }
}

function upgradeStep({ release, chartVersion, byHand }: StepsInput): Step {
  return {
    id: 'upgrade-release',
    type: 'upgrade-release',
    release: release.name,
    namespace: release.namespace,
    chartVersion,
    title: `helm upgrade ${release.name} to chart ${chartVersion}`,
    mutates: true,
    commands: byHand.upgrade,
  }
}

export function waitStep({ workloads }: StepsInput): Step {
  return {
    id: 'wait-rollout',
    type: 'wait-rollout',
    workloads: [...workloads],
    title: `wait until ${plural(workloads.length, 'workload')} of the release are rolled out`,
    mutates: false,
    commands: workloads.map(({ kind, namespace, name }) =>
      `kubectl rollout status ${kind.toLowerCase()}/${name} -n ${namespace ?? ''}`.trim(),
    ),
  }
}

function waitCrdsStep({ crdOwner, crdGroups, crds }: StepsInput): Step {
  const names = crds.map(({ name }) => name)
  const wait = `kubectl wait --for=condition=Established ${names.map((name) => `crd/${name}`).join(' ')}`
  return {
    id: 'wait-crds',
    type: 'wait-crds',
    groups: [...crdGroups],
    crds: names,
    title: `wait until the CRDs that ${crdOwner.by} brings are established`,
    mutates: false,
    commands: names.length > 0 ? [wait] : [],
  }
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
