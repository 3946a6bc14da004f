import { UpgradeError } from '../../errors.js'
import type { ClusterIdentity } from '../../model/cluster.js'
import { isSameCrd, versionList, versionsOf, type LiveCrd } from '../../model/crd.js'
import { digestOfJson } from '../../model/digest.js'
import type { Finding } from '../../model/finding.js'
import { textField } from '../../model/kube-object.js'
import { formatRef, refKey, type ObjectRef } from '../../model/object-ref.js'
import type { ConsentRequirement, Hop } from '../../model/plan.js'
import { lastGoodRevision, newestRevision, type ReleaseSnapshot } from '../../model/release.js'
import { rollbackApiVersion, type RollbackPlan } from '../../model/rollback-plan.js'
import type { RecreatedObject, Step } from '../../model/step.js'
import { aimCommand } from '../aim-commands.js'
import { orphanSteps } from '../remedy-steps.js'
import { deleteCommand, deleteStep, madeAgain, reclaimStep, unkeepStep } from './made-again.js'
import { adoptions, stepsBeforeRollback, unadoptSteps } from './remedies-back.js'

export interface RollbackInput {
  runId: string
  cluster: ClusterIdentity
  /** The hops that were begun. */
  hops: readonly Hop[]
  /** As it was before the run. */
  before: ReleaseSnapshot
  /** As helm has it now, whatever its state. */
  newest: ReleaseSnapshot
  /** Objects of its manifest. */
  newestObjects: readonly ObjectRef[]
  /** CRDs of the backup. */
  backupCrds: readonly LiveCrd[]
  /** Live CRDs among those of the backup and of the hops. */
  liveCrds: readonly LiveCrd[]
  /** Custom resources of the backup that are gone or differ, by CRD. */
  lostResources: ReadonlyMap<string, number>
  /** Objects of its hooks. */
  newestHooks: readonly ObjectRef[]
  /** Objects of its manifest as it was. */
  beforeObjects: readonly ObjectRef[]
  /** Objects that helm could not change back, of the uids that they have now. */
  recreated?: readonly RecreatedObject[]
  /** Of those, controllers whose pods are not taken over. */
  orphaning?: readonly ObjectRef[]
  /** True where neither the run nor a way back from it made the newest revision. */
  isForeign: boolean
  /** Custom resources that somebody edited or deleted since the backup. */
  touched: readonly string[]
  /** Workloads of the release as it was. */
  workloads: readonly ObjectRef[]
  /** Names of those that give the mesh's webhook configurations their authority. */
  webhookPrograms: readonly string[]
  backupFolder: string
  rollbackCommand: (toRevision: number) => string
  clusterFlags: readonly string[]
}

/**
 * The way back to before a run: only what differs is put back. Pure. Throws `RevisionGone` where helm has
 * nothing to go back to any more.
 */
export function planRollback(input: RollbackInput): RollbackPlan {
  const { before, newest, cluster, runId } = input
  const { name, namespace } = before
  const toRevision = lastGoodRevision(before.history) ?? before.releaseRevision
  const crds = changedCrds(input)
  const steps = [
    ...hookStep(input),
    ...crdStep(input, crds.restorable),
    ...resourceStep(input),
    ...deleteStep(input),
    // Before helm, which leaves alone what is marked, also what the revision of before does not have.
    ...unkeepStep(input),
    ...stepsBeforeRollback(input),
    ...releaseStep(input, toRevision),
    ...unadoptSteps(input),
    ...leftoverStep(input),
    ...waitStep(input),
    ...reclaimStep(input, toRevision),
    ...orphanSteps('remove-orphans-rollback', input.orphaning ?? []),
    verifyStep,
  ].map((step) => ({
    ...step,
    commands: step.commands.map((command) => aimCommand(command, input.clusterFlags)),
  }))
  const plan: Omit<RollbackPlan, 'digest'> = {
    apiVersion: rollbackApiVersion,
    kind: 'RollbackPlan',
    runId,
    release: { name, namespace, releaseRevision: newest.releaseRevision },
    cluster,
    from: { chartVersion: newest.chartVersion },
    to: { chartVersion: before.chartVersion, releaseRevision: toRevision },
    steps,
    findings: [...laterWork(input).map(({ finding }) => finding), ...crds.stuck.map(stuckFinding)],
    consents: laterWork(input).map(({ consent }) => consent),
  }
  return { ...plan, digest: digestOfJson(plan) }
}

interface LaterWork {
  finding: Finding
  consent: ConsentRequirement
}

/** What others did since, and would lose: each behind a consent of its own. */
function laterWork({ isForeign, newest, touched }: RollbackInput): LaterWork[] {
  const { releaseRevision, chartVersion, description } = newest
  const revision: LaterWork = {
    finding: {
      code: 'MU608',
      severity: 'warning',
      message: `revision ${releaseRevision} (chart ${chartVersion}) is not of this run: going back discards it`,
      evidence: description === '' ? [] : [description],
    },
    consent: {
      id: 'discard-revision',
      text: `Discard revision ${releaseRevision}, which this run did not make?`,
    },
  }
  const edits: LaterWork = {
    finding: {
      code: 'MU609',
      severity: 'warning',
      message: `${touched.length} custom resources were edited or deleted since the backup: going back undoes that`,
      evidence: touched.slice(0, 20),
    },
    consent: {
      id: 'overwrite-edits',
      text: `Undo what was done since to ${touched.length} custom resources?`,
    },
  }
  return [...(isForeign ? [revision] : []), ...(touched.length > 0 ? [edits] : [])]
}

/** CRDs that are not as they were; those whose objects are stored in a version that the old one lacks stay. */
function changedCrds({ backupCrds, liveCrds }: RollbackInput): { restorable: LiveCrd[]; stuck: LiveCrd[] } {
  const live = new Map(liveCrds.map((crd) => [crd.name, crd]))
  const changed = backupCrds.filter((crd) => {
    const now = live.get(crd.name)
    return !now || now.object.metadata.deletionTimestamp !== undefined || !isSameCrd(now, crd)
  })
  const isStuck = (crd: LiveCrd): boolean => {
    const now = live.get(crd.name)
    const known = new Set(versionNames(crd))
    return now !== undefined && versionsOf(now.object).storedVersions.some((version) => !known.has(version))
  }
  return { restorable: changed.filter((crd) => !isStuck(crd)), stuck: changed.filter(isStuck) }
}

function versionNames({ object }: LiveCrd): string[] {
  return versionList(object).map((version) => textField(version, 'name'))
}

function crdStep({ hops, backupCrds, liveCrds, backupFolder }: RollbackInput, restorable: LiveCrd[]): Step[] {
  const had = new Set(backupCrds.map(({ name }) => name))
  const ours = new Set(
    hops.flatMap(({ crds }) => crds.flatMap(({ name, action }) => (action === 'create' ? [name] : []))),
  )
  const created = liveCrds.map(({ name }) => name).filter((name) => ours.has(name) && !had.has(name))
  if (restorable.length === 0 && created.length === 0) return []
  const names = restorable.map(({ name }) => name)
  const back = names.length > 0 ? [`put ${names.join(', ')} back as they were`] : []
  const away = created.length > 0 ? [`delete ${created.join(', ')} unless they have objects`] : []
  return [
    {
      ...{ id: 'restore-crds', type: 'restore-crds', crds: names, created, mutates: true },
      title: `CRDs: ${[...back, ...away].join('; ')}`,
      commands: [
        `{program} crds restore ${backupFolder}`,
        ...created.map((name) => `test -z "$(kubectl get ${name} -A -o name)" && kubectl delete crd ${name}`),
      ],
    },
  ]
}

function resourceStep({ lostResources, backupFolder }: RollbackInput): Step[] {
  const crds = [...lostResources.keys()]
  const count = [...lostResources.values()].reduce((sum, number) => sum + number, 0)
  if (count === 0) return []
  return [
    {
      ...{ id: 'restore-resources', type: 'restore-resources', crds, mutates: true },
      title: `put ${count} custom resources of ${crds.length} kinds back as they were`,
      commands: [`{program} crds restore ${backupFolder} --overwrite`],
    },
  ]
}

function releaseStep(input: RollbackInput, toRevision: number): Step[] {
  const { hops, before, newest, rollbackCommand } = input
  const isBefore =
    newest.releaseRevision === newestRevision(before.history) && newest.releaseStatus === 'deployed'
  // What was deleted for an upgrade that never came is made again by helm alone.
  const mayLack = hops.some(({ steps }) => steps.some(({ type }) => type === 'recreate-objects'))
  if (isBefore && !mayLack) return []
  const { name, namespace } = before
  if (!newest.history.some(({ releaseRevision }) => releaseRevision === toRevision)) {
    const oldest = newest.history[0]?.releaseRevision ?? newest.releaseRevision
    const why = `helm has no revision ${toRevision} of ${name} any more (its history begins with ${oldest}), so that it cannot go back to before run ${input.runId}; nothing was changed`
    const helm = `helm history ${name} -n ${namespace}`
    throw new UpgradeError('RevisionGone', why, { helm, backup: input.backupFolder })
  }
  const { objects: contested } = madeAgain(input)
  return [
    {
      ...{ id: 'rollback-release', type: 'rollback-release', release: name, namespace, toRevision },
      ...(contested.length > 0 ? { contested } : {}),
      mutates: true,
      title: `helm rollback ${name} to revision ${toRevision} (chart ${before.chartVersion})`,
      commands: [rollbackCommand(toRevision)],
    },
  ]
}

/** helm deletes what its newest revision has and the old one lacks; after a failure that is not all there is. */
function leftoverStep({ hops, beforeObjects, before }: RollbackInput): Step[] {
  const had = new Set(beforeObjects.map(refKey))
  const added = hops.flatMap(({ releases }) =>
    releases.flatMap(({ objects }) =>
      objects.flatMap(({ object, change }) => (change === 'added' ? [object] : [])),
    ),
  )
  for (const { objects } of adoptions(hops)) for (const ref of objects) had.add(refKey(ref))
  const objects = added.filter((ref) => !had.has(refKey(ref)))
  if (objects.length === 0) return []
  return [
    {
      ...{ id: 'remove-leftovers', type: 'remove-leftovers', objects, mutates: true },
      title: `delete what ${before.chartVersion} does not have, where helm leaves it: ${objects.map(formatRef).join(', ')}`,
      commands: objects.map(deleteCommand),
    },
  ]
}

/** A helm that is ended in the middle of a hook leaves what it made: its Job might undo what is put back. */
function hookStep({ newest, newestHooks, before }: RollbackInput): Step[] {
  const isWhole = newest.releaseStatus === 'deployed'
  if (isWhole || newestHooks.length === 0 || newest.releaseRevision === newestRevision(before.history))
    return []
  const objects = [...newestHooks]
  return [
    {
      ...{ id: 'remove-hooks', type: 'remove-leftovers', objects, mutates: true },
      title: `delete what hooks of revision ${newest.releaseRevision} left, if anything: ${objects.map(formatRef).join(', ')}`,
      commands: objects.map(deleteCommand),
    },
  ]
}

function waitStep({ workloads }: RollbackInput): Step[] {
  if (workloads.length === 0) return []
  return [
    {
      ...{ id: 'wait-rollback', type: 'wait-rollout', workloads: [...workloads], mutates: false },
      title: `wait until ${workloads.length} workloads of the release are rolled out`,
      commands: workloads.map(({ kind, namespace, name }) =>
        `kubectl rollout status ${kind.toLowerCase()}/${name} -n ${namespace ?? ''}`.trim(),
      ),
    },
  ]
}

const verifyStep: Step = {
  ...{ id: 'verify-rollback', type: 'verify', mutates: false, commands: [] },
  title: 'verify release, workloads, CRDs and custom resources',
}

function stuckFinding({ name }: LiveCrd): Finding {
  return {
    code: 'MU604',
    severity: 'warning',
    object: { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name },
    message: `CRD ${name} stays as it is: objects are stored in a version that it did not have before`,
    evidence: [],
    remedy: { text: 'the new CRD goes on serving the old versions too', commands: [] },
  }
}
