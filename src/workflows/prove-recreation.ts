import { readDependents, type Dependents } from '../discover/read-dependents.js'
import type { CrdFacts } from '../discover/read-crds.js'
import type { RequiredField } from '../meshes/mesh.js'
import type { ClusterSnapshot } from '../model/cluster.js'
import type { CrdChange, CustomResourceKind } from '../model/crd.js'
import type { Finding } from '../model/finding.js'
import {
  judgeForRecreation,
  ownersAmong,
  planRecreation,
  type Recreation,
  type RecreationVerdict,
} from '../plan/crds/plan-recreation.js'
import type { ReadPorts } from '../ports/ports.js'

export interface RecreationWish extends Pick<CrdFacts, 'target' | 'kinds'> {
  changes: readonly CrdChange[]
  cluster: Pick<ClusterSnapshot, 'servedKinds'>
  fields: readonly RequiredField[]
}

/**
 * Proves every custom resource that would be deleted and made again against the target's schema, page by page,
 * and looks for objects that would be collected with them. Where nothing is recreated, nothing is read.
 */
export async function proveRecreation(wish: RecreationWish, ports: ReadPorts): Promise<Recreation> {
  const { changes, target, fields } = wish
  const names = new Set(changes.flatMap(({ name, action }) => (action === 'recreate' ? [name] : [])))
  const kinds = wish.kinds.filter(({ crd }) => names.has(crd))
  const verdicts: RecreationVerdict[] = []
  for (const kind of kinds) {
    const crd = target.find(({ object }) => object.metadata.name === kind.crd)?.object
    if (!crd) continue
    ports.progress({ type: 'stage', title: `proving ${kind.plural} against the new CRD` })
    await ports.cluster.eachRawPage(kind, async (page) => {
      for (const object of page) {
        const verdict = judgeForRecreation(kind, object, crd, fields)
        if (verdict) verdicts.push(verdict)
      }
    })
  }
  const dependents = await readOthers(kinds, wish, ports)
  const planned = planRecreation({
    ...{ crds: changes, kinds: wish.kinds, verdicts, fields },
    dependents: dependents.objects,
  })
  return { ...planned, findings: [...planned.findings, ...unreadFindings(dependents)] }
}

/** Objects of other kinds that belong to what is made again. */
async function readOthers(
  kinds: readonly CustomResourceKind[],
  { changes, cluster }: RecreationWish,
  ports: ReadPorts,
): Promise<Dependents> {
  const owning = kinds.filter(({ crd }) =>
    changes.some(({ name, customResources }) => name === crd && customResources > 0),
  )
  if (owning.length === 0) return { objects: [], unread: [] }
  const others = cluster.servedKinds.filter(
    ({ group, kind }) => !kinds.some((each) => each.group === group && each.kind === kind),
  )
  return readDependents(others, (object) => ownersAmong(object, owning), ports)
}

function unreadFindings({ unread }: Dependents): Finding[] {
  if (unread.length === 0) return []
  const message = `whether ${unread.length} kinds have objects that belong to custom resources is not known: they would be deleted with them`
  return [{ code: 'MU215', severity: 'unknown', message, evidence: unread }]
}
