import type { CustomResourceKind, LiveCrd } from '../model/crd.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { ReleaseName } from '../model/release.js'
import type { Json } from '../model/values.js'
import { unmetChecks, verdictOf, type Verdict } from '../model/verdict.js'
import type { ReadPorts } from '../ports/ports.js'
import type { HopStore } from '../ports/run-store.js'
import { postflightChecks } from './checks/registry.js'
import { compareWithBackup } from './compare-custom-resources.js'
import type { KindComparison, Observation } from './observation.js'
import { observe } from './observe.js'
import { schemaOf } from './schema-effects.js'

export interface VerifyWish {
  release: ReleaseName
  expectedChartVersion?: string
  /** The revision that the run made. */
  expectedRevision?: number
  /** Where helm's record of the newest revision is not what the run is about: `failed` is then a warning. */
  mayHaveFailed?: boolean
  /** Workloads besides those that the release's manifest names. */
  workloads: ObjectRef[]
  expectedCrds: string[]
  /** API groups in which the mesh's own workloads may have made CRDs. */
  crdGroups?: readonly string[]
  /** CRDs as they were before the run. */
  crdsBefore?: LiveCrd[]
  /** CRDs that were to be deleted and made again with their objects: new uids are as planned. */
  remade?: readonly string[]
  /** Objects that left the chart and were to stay. */
  kept?: ObjectRef[]
  customResourceKinds: CustomResourceKind[]
  /** The run's backup; absent for a check without a run. */
  store?: HopStore
  /** How long to wait for what is on its way; a minute after a run, else not at all. */
  waitMs?: number
  /** Ends the wait: the person interrupts. */
  signal?: AbortSignal
}

const afterRunMs = 60_000
const pollEveryMs = 1_000
/** What fails or cannot be read just after a change is believed when it does so for this long. */
const believeAfterMs = 5_000

/** Looks again: reads everything afresh, then judges. What cannot be read is unknown, not a pass. Never throws. */
export async function verifyUpgrade(wish: VerifyWish, ports: ReadPorts): Promise<Verdict> {
  const observation = await settledObservation(wish, ports)
  const customResources = await compareAll(wish, ports)
  return judge(customResources ? { ...observation, customResources } : observation, ports)
}

function judge(observation: Observation, { redact }: ReadPorts): Verdict {
  const results = postflightChecks.flatMap((check) => check(observation) ?? [])
  return verdictOf(results.map((result) => ({ ...result, message: redact(result.message) })))
}

/** The first look that shows all complete, or the last one where the time runs out; tells what it waits for. */
async function settledObservation(wish: VerifyWish, ports: ReadPorts): Promise<Observation> {
  const { clock, progress } = ports
  const deadline = clock.now() + waitOf(wish)
  let badSince: number | undefined
  let told = ''
  for (;;) {
    const observation = await observe(wish, ports)
    const verdict = judge(observation, ports)
    const now = clock.now()
    badSince = isBad(verdict) ? (badSince ?? now) : undefined
    const isBelieved = now - (badSince ?? now) >= believeAfterMs
    const isOver = now >= deadline || wish.signal?.aborted === true
    if (verdict.outcome === 'pass' || isBelieved || isOver) return observation
    const message = `waiting for: ${unmetChecks(verdict)}`
    if (message !== told) progress({ type: 'step-progress', message, ...passed(verdict) })
    told = message
    await clock.sleep(Math.min(pollEveryMs, deadline - now), wish.signal)
  }
}

function waitOf({ waitMs, store }: VerifyWish): number {
  return waitMs ?? (store ? afterRunMs : 0)
}

function isBad({ outcome }: Verdict): boolean {
  return outcome === 'fail' || outcome === 'unknown'
}

function passed({ checks }: Verdict): { done: number; total: number } {
  const done = checks.filter(({ status }) => status === 'pass' || status === 'warn').length
  return { done, total: checks.length }
}

async function compareAll(wish: VerifyWish, ports: ReadPorts): Promise<KindComparison[] | undefined> {
  const { store, customResourceKinds: kinds } = wish
  if (!store) return undefined
  // Where the CRDs cannot be read, nothing is put down to them.
  const now = await ports.cluster.readCrds(kinds.map(({ crd }) => crd)).catch(() => [])
  return Promise.all(
    kinds.map((kind) => {
      const schemaIn = (crds: readonly LiveCrd[] = []): Json | undefined =>
        schemaOf(crds.find(({ name }) => name === kind.crd)?.object, kind.version)
      const schema = { before: schemaIn(wish.crdsBefore), now: schemaIn(now) }
      const isRemade = wish.remade?.includes(kind.crd) === true
      return compareWithBackup(kind, ports.cluster, store, { ...schema, isRemade })
    }),
  )
}
