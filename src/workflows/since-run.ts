import { isUnwritten } from '../execute/compare-resources.js'
import { isOwnRevision } from '../execute/own-revision.js'
import { openItems } from '../execute/restore-objects.js'
import type { LiveCrd } from '../model/crd.js'
import type { UpgradePlan } from '../model/plan.js'
import type { PlanPayload } from '../model/prepared.js'
import { newestRevision, type ReleaseSnapshot } from '../model/release.js'
import type { ReadPorts } from '../ports/ports.js'
import type { HopStore } from '../ports/run-store.js'

/** True where neither the run nor a way back from it made the release's newest revision. */
export function isForeignRevision(newest: ReleaseSnapshot, payloads: readonly PlanPayload[]): boolean {
  const [first] = payloads
  if (!first) return true
  const { release } = first
  const isUntouched = newest.releaseRevision === newestRevision(release.history)
  const isBack = newest.chartVersion === release.chartVersion && /^Rollback/.test(newest.description)
  return !isUntouched && !isBack && !payloads.some((payload) => isOwnRevision(newest, payload))
}

/**
 * Custom resources that somebody edited or deleted since the backup, by name; what a schema changes of them,
 * and what the run itself deletes and makes again, is left out.
 */
export async function touchedSince(
  { plan, payload, files }: { plan: UpgradePlan; payload: PlanPayload; files: HopStore },
  liveCrds: readonly LiveCrd[],
  ports: Pick<ReadPorts, 'cluster'> & Parameters<typeof openItems>[1]['ports'],
): Promise<string[]> {
  const recreated = new Set(
    plan.hops.flatMap(({ crds }) =>
      crds.flatMap(({ name, action }) => (action === 'recreate' ? [name] : [])),
    ),
  )
  const live = new Set(liveCrds.map(({ name }) => name))
  const kinds = payload.customResourceKinds.filter(({ crd }) => live.has(crd) && !recreated.has(crd))
  const { missing, changed } = await openItems({ kinds, edits: [] }, { files, ports })
  const named = (items: typeof missing, what: string): string[] =>
    items.map(
      ({ kind, namespace, name }) =>
        `${kind.kind} ${namespace === '' ? '' : `${namespace}/`}${name} (${what})`,
    )
  const written = changed.filter((item) => !isUnwritten(item))
  return [...named(written, 'edited'), ...named(missing, 'deleted')]
}
