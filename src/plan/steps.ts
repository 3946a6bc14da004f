import type { CrdChange } from '../model/crd.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { Step } from '../model/step.js'
import type { CrdOwnership } from '../meshes/mesh.js'
import { formatRef } from '../model/object-ref.js'
import { keepCommand } from './objects/resource-policy.js'
import type { CommandsByHand } from './commands-by-hand.js'

export interface StepsInput {
  executor: 'mesh-upgrade' | 'helm'
  release: { name: string; namespace: string }
  chartVersion: string
  crds: readonly CrdChange[]
  crdOwner: CrdOwnership
  /** API groups of the mesh's CRDs. */
  crdGroups: readonly string[]
  /** Live objects that leave the chart and are to stay. */
  kept: readonly ObjectRef[]
  workloads: readonly ObjectRef[]
  byHand: CommandsByHand
}

/** The ordered steps of one hop; what helm alone does is one of them. */
export function planSteps(input: StepsInput): Step[] {
  if (input.executor === 'helm') return [upgradeStep(input)]
  const applied = input.crds.filter(({ action }) => action === 'create' || action === 'update')
  const steps: Step[] = [backupStep(input)]
  if (applied.length > 0) steps.push(applyCrdsStep(input, applied))
  if (input.kept.length > 0) steps.push(keepStep(input))
  steps.push(upgradeStep(input))
  if (input.workloads.length > 0) steps.push(waitStep(input))
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

function backupStep({ release, crds }: StepsInput): Step {
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

function applyCrdsStep({ byHand }: StepsInput, applied: readonly CrdChange[]): Step {
  const names = applied.map(({ name }) => name)
  return {
    id: 'apply-crds',
    type: 'apply-crds',
    crds: names,
    title: `update ${plural(names.length, 'CRD')} in place: ${names.join(', ')}`,
    mutates: true,
    commands: [
      ...byHand.fetchCrds,
      `kubectl apply --server-side --force-conflicts --field-manager=mesh-upgrade -f ${byHand.crdLocation}`,
      `kubectl wait --for=condition=Established ${names.map((name) => `crd/${name}`).join(' ')}`,
    ],
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

function waitStep({ workloads }: StepsInput): Step {
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
