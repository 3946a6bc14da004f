import { UpgradeError } from '../errors.js'
import type { CustomResourceKind, ResourceEdit } from '../model/crd.js'
import { versionList } from '../model/crd.js'
import { field, textField, type KubeObject } from '../model/kube-object.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { RawChanges } from '../ports/raw-objects.js'
import { compareResources, type BackedUpResource } from './compare-resources.js'
import { patientWrite, silentWebhook } from './patient-write.js'
import type { RunContext } from './run-context.js'

const atOnce = 8
const batchSize = 50
/** Somebody else may write at the same time; what is not right after so many looks is a failure. */
const looks = 3
const shown = 3

export interface RestoreWish {
  kinds: readonly CustomResourceKind[]
  edits: readonly ResourceEdit[]
  /** Live objects that differ are replaced as well. */
  overwrite: boolean
  /** How long a webhook that does not answer is waited for. */
  withinMs: number
  /** What to do about a failure. */
  remedy: string
  /** Given what is about to be replaced, as the server has it; on disk before it is replaced. */
  keepReplaced?: (raws: string[]) => Promise<void>
  /** Told before each batch. */
  onBatch: (message: string) => Promise<void>
}

export interface Restored {
  created: number
  replaced: number
  /** Live objects that differ and were left alone. */
  left: number
}

export type RestoreWork = Pick<RunContext, 'files' | 'ports' | 'interrupts'>

interface Item extends BackedUpResource {
  kind: CustomResourceKind
}

interface Open {
  missing: Item[]
  changed: Item[]
  /** New uid of each object of the backup by its old one; empty where it is not there. */
  uids: Map<string, string>
}

/**
 * Puts custom resources of a backup back, owners before what they own: what is gone is made again with its
 * status, what differs is replaced where that is wished. Ends with a comparison of all. One that fails does not
 * keep the others away. Throws `StepFailed` with those that could not be put back.
 */
export async function restoreObjects(wish: RestoreWish, work: RestoreWork): Promise<Restored> {
  const restored: Restored = { created: 0, replaced: 0, left: 0 }
  const withStatus = await kindsWithStatus(wish.kinds, work)
  const failures = new Map<string, string>()
  const silent = new Map<string, string>()
  const deadline = work.ports.clock.now() + wish.withinMs
  for (let look = 0; ; look++) {
    const open = await openItems(wish, work)
    const changed = wish.overwrite ? open.changed : []
    restored.left = open.changed.length - changed.length
    const count = open.missing.length + changed.length
    if (count === 0) return restored
    if (look === looks || failures.size > 0)
      throw unfinished([...open.missing, ...changed], failures, wish.remedy)
    const put = putter({ wish, work, open, withStatus, failures, silent, deadline })
    restored.created += await inRounds(open, put)
    restored.replaced += await put(changed)
  }
}

/** What of the backup is gone and what differs, where the schema and the planned edits do not explain it. */
export async function openItems(
  { kinds, edits }: Pick<RestoreWish, 'kinds' | 'edits'>,
  work: Pick<RestoreWork, 'files' | 'ports'>,
): Promise<Open> {
  const open: Open = { missing: [], changed: [], uids: new Map() }
  const differing: Item[] = []
  for (const kind of kinds) {
    const { missing, changed, same } = await compareResources(kind, work)
    for (const { uid, live } of [...missing, ...changed, ...same]) open.uids.set(uid, live?.uid ?? '')
    open.missing.push(...missing.map((item) => ({ ...item, kind })))
    differing.push(...changed.map((item) => ({ ...item, kind })))
  }
  await inParallel(differing, async (item) => {
    if (!(await isAsItWould(item, edits, open.uids, work))) open.changed.push(item)
  })
  return open
}

/** True where writing the object of the backup over the live one changes nothing: the server's own word. */
async function isAsItWould(
  item: Item,
  edits: readonly ResourceEdit[],
  uids: Open['uids'],
  { files, ports }: Pick<RestoreWork, 'files' | 'ports'>,
): Promise<boolean> {
  const raw = await files.readBackupObject(item.kind, item.uid)
  if (raw === undefined || !item.live) return false
  const { live } = item
  const proof = await ports.rawWriter.proveRaw(refOf(item), raw, live, changesOf(item, edits, uids))
  return proof.ok && proof.specDigest === live.specDigest && proof.labelsDigest === live.labelsDigest
}

interface PutContext {
  wish: RestoreWish
  work: RestoreWork
  open: Open
  withStatus: ReadonlySet<string>
  /** Why, by name. */
  failures: Map<string, string>
  /** Why a webhook lets no object of a CRD pass: it is waited for once. */
  silent: Map<string, string>
  deadline: number
}

async function keepLive(
  batch: readonly Item[],
  { keepReplaced }: RestoreWish,
  { ports }: RestoreWork,
): Promise<void> {
  const replaced = batch.filter(({ live }) => live !== undefined)
  if (!keepReplaced || replaced.length === 0) return
  const raws = await Promise.all(replaced.map((item) => ports.cluster.readRaw(refOf(item))))
  await keepReplaced(raws.filter((raw) => raw !== undefined))
}

/** Puts items back, several at once; gives how many. */
function putter(context: PutContext): (items: readonly Item[]) => Promise<number> {
  const { wish, work, failures } = context
  return async (items) => {
    let done = 0
    for (let from = 0; from < items.length; from += batchSize) {
      const batch = items.slice(from, from + batchSize)
      await wish.onBatch(
        `put ${batch.length} custom resources back, from ${batch[0] ? nameOf(batch[0]) : ''}`,
      )
      await keepLive(batch, wish, work)
      await inParallel(batch, async (item) => {
        const result = await putBack(item, context)
        if (result === 'done') done++
        else if (result !== 'there') failures.set(nameOf(item), result.failure)
      })
      const message = `${from + batch.length} of ${items.length} custom resources put back`
      work.ports.progress({ type: 'step-progress', message, done: from + batch.length, total: items.length })
    }
    return done
  }
}

/** Owners first: what is owned is made with their new uid. Where owners wait for one another, without. */
async function inRounds(
  { missing, uids }: Open,
  put: (items: readonly Item[]) => Promise<number>,
): Promise<number> {
  const isAway = (uid: string): boolean => uids.get(uid) === ''
  let waiting = missing
  let [done, tried] = [0, 0]
  while (waiting.length > 0) {
    const ready = waiting.filter(({ ownerUids = [] }) => !ownerUids.some(isAway))
    // What waits for one that failed stays in the backup, to be put back with it.
    if (ready.length === 0 && done < tried) return done
    const round = ready.length > 0 ? ready : waiting
    done += await put(round)
    tried += round.length
    waiting = waiting.filter((item) => !round.includes(item))
  }
  return done
}

/** `there`: somebody was quicker; the comparison that follows looks at it. Else why it failed. */
type PutResult = 'done' | 'there' | { failure: string }

async function putBack(item: Item, context: PutContext): Promise<PutResult> {
  const { wish, work, open, silent, deadline } = context
  const known = silent.get(item.kind.crd)
  if (known !== undefined) return { failure: known }
  const { files, ports } = work
  const raw = await files.readBackupObject(item.kind, item.uid)
  if (raw === undefined) return { failure: 'it is not in the backup' }
  const ref = refOf(item)
  const { live } = item
  const changes = changesOf(item, wish.edits, open.uids)
  const write = live
    ? () => ports.rawWriter.replaceRaw(ref, raw, live, changes)
    : () => ports.rawWriter.createRaw(ref, raw, changes)
  const put = await patientWrite(write, ports, deadline)
  if (!put.ok) {
    const { message, status } = put.refusal
    if (silentWebhook(put.refusal) !== undefined) silent.set(item.kind.crd, message)
    return status === 409 ? 'there' : { failure: message }
  }
  const { uid = '' } = put.object.metadata
  open.uids.set(item.uid, uid)
  return live ? 'done' : putStatusBack(item, raw, put.object, context)
}

/** What a POST leaves out where status has a resource of its own. */
async function putStatusBack(
  { kind, ...item }: Item,
  raw: string,
  { metadata: { uid = '', resourceVersion = '' } }: KubeObject,
  { work, withStatus }: PutContext,
): Promise<PutResult> {
  if (!withStatus.has(kind.crd)) return 'done'
  const { rawWriter } = work.ports
  const status = await rawWriter.replaceStatusRaw(refOf({ ...item, kind }), raw, { uid, resourceVersion })
  // 409: its controller is back at work, and writes a status of its own.
  const isDone = !status || status.ok || status.refusal.status === 409
  return isDone ? 'done' : { failure: status.refusal.message }
}

function changesOf(item: Item, edits: readonly ResourceEdit[], uids: Open['uids']): RawChanges {
  const { kind, namespace, name } = item
  const fields = edits.filter(
    (edit) => edit.crd === kind.crd && edit.namespace === namespace && edit.name === name,
  )
  return { uids, fields }
}

async function kindsWithStatus(
  kinds: readonly CustomResourceKind[],
  { ports }: RestoreWork,
): Promise<Set<string>> {
  const crds = await ports.cluster.readCrds(kinds.map(({ crd }) => crd))
  const found = kinds.filter(({ crd, version }) => {
    const object = crds.find(({ name }) => name === crd)?.object
    const served = object && versionList(object).find((each) => textField(each, 'name') === version)
    return field(served, 'subresources', 'status') !== undefined
  })
  return new Set(found.map(({ crd }) => crd))
}

function refOf({ kind: { group, version, kind }, namespace, name }: Item): ObjectRef {
  const place = namespace === '' ? {} : { namespace }
  return { apiVersion: `${group}/${version}`, kind, name, ...place }
}

function nameOf({ kind, namespace, name }: Item): string {
  return `${kind.kind} ${namespace === '' ? name : `${namespace}/${name}`}`
}

function unfinished(
  open: readonly Item[],
  failures: ReadonlyMap<string, string>,
  remedy: string,
): UpgradeError {
  const names = open.map((item) => {
    const why = failures.get(nameOf(item))
    return why === undefined ? nameOf(item) : `${nameOf(item)}: ${why}`
  })
  // Those whose reason is known say more.
  names.sort((left, right) => Number(right.includes(': ')) - Number(left.includes(': ')))
  const some = names.slice(0, shown).join('; ') + (names.length > shown ? '; …' : '')
  return new UpgradeError('StepFailed', `${open.length} custom resources are not back: ${some}`, { remedy })
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items]
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
