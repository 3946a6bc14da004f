import assert from 'node:assert/strict'
import { patientWrite, silentWebhook } from '../../src/execute/patient-write.js'
import { restoreObjects, type RestoreWork } from '../../src/execute/restore-objects.js'
import type { ApplyResult } from '../../src/model/api-result.js'
import type { CustomResourceKind, CustomResourceSummary, RawObject } from '../../src/model/crd.js'
import type { RawChanges } from '../../src/ports/raw-objects.js'
import { fakeClock, refusing } from '../support/fake-ports.js'

const kind: CustomResourceKind = {
  ...{ crd: 'things.example.com', group: 'example.com', version: 'v1', kind: 'Thing', plural: 'things' },
  namespaced: false,
}

function aSummary(name: string, ownerUids: string[] = []): CustomResourceSummary {
  const digests = { specDigest: `spec of ${name}`, labelsDigest: '' }
  return { namespace: '', name, uid: `old-${name}`, resourceVersion: '1', ...digests, ownerUids }
}

/** A backup of `wanted`, a cluster with nothing, and what was sent to it. */
function aRestore(
  wanted: CustomResourceSummary[],
  refusalOf: (name: string) => string | undefined = () => undefined,
): { work: RestoreWork; sent: string[]; live: Map<string, CustomResourceSummary>; now: () => number } {
  const sent: string[] = []
  const live = new Map<string, CustomResourceSummary>()
  const clock = { ...fakeClock(), time: 0 }
  clock.now = () => clock.time
  clock.sleep = async (ms) => void (clock.time += ms)
  const createRaw = async (
    { name }: { name: string },
    _raw: string,
    { uids }: RawChanges = {},
  ): Promise<ApplyResult> => {
    const message = refusalOf(name)
    if (message !== undefined) return { ok: false, refusal: { status: 500, reason: '', message } }
    const owners = wanted.find((item) => item.name === name)?.ownerUids ?? []
    sent.push([name, ...owners.map((uid) => uids?.get(uid) ?? uid)].join(' '))
    live.set(name, { ...aSummary(name), uid: `new-${name}` })
    return { ok: true, object: { apiVersion: '', kind: '', metadata: { name, uid: `new-${name}` } } }
  }
  const work = {
    files: refusing({
      readBackupSummaries: async () => wanted,
      readBackupObject: async (_kind: unknown, uid: string) => uid,
    }),
    ports: {
      ...{ clock, progress: () => undefined, rawWriter: refusing({ createRaw }) },
      cluster: refusing({
        readCrds: async () => [],
        eachRawPage: async (_kind: unknown, onPage: (page: RawObject[]) => Promise<void>) =>
          onPage([...live.values()].map((summary) => ({ ...summary, raw: '' }))),
      }),
    },
  } as unknown as RestoreWork
  return { work, sent, live, now: () => clock.time }
}

const wish = {
  ...{ kinds: [kind], edits: [], overwrite: true, withinMs: 3_000, remedy: '' },
  onBatch: async () => undefined,
}

describe('restoreObjects', () => {
  it('makes owners before what they own, and names them by their new uids', async () => {
    const { work, sent } = aRestore([
      aSummary('child', ['old-parent', 'outside']),
      aSummary('parent', ['old-grand']),
      aSummary('grand'),
    ])
    assert.equal((await restoreObjects(wish, work)).created, 3)
    assert.deepEqual(sent, ['grand', 'parent new-grand', 'child new-parent outside'])
  })

  it('loses nothing where owners wait for one another', async () => {
    const { work, sent } = aRestore([aSummary('a', ['old-b']), aSummary('b', ['old-a'])])
    assert.equal((await restoreObjects(wish, work)).created, 2)
    assert.equal(sent.length, 2)
  })

  it('puts all others back where some are refused, and names these', async () => {
    const { work, live } = aRestore(
      ['a', 'b', 'c'].map((name) => aSummary(name)),
      (name) => (name === 'b' ? 'no such luck' : undefined),
    )
    await assert.rejects(restoreObjects(wish, work), /1 custom resources are not back: Thing b: no such luck/)
    assert.deepEqual([...live.keys()].sort(), ['a', 'c'])
  })

  it('leaves what waits for a refused owner in the backup, and nothing else', async () => {
    const { work, live } = aRestore(
      [aSummary('child', ['old-bad']), aSummary('bad'), aSummary('other', ['old-good']), aSummary('good')],
      (name) => (name === 'bad' ? 'no such luck' : undefined),
    )
    await assert.rejects(
      restoreObjects(wish, work),
      /2 custom resources are not back: Thing bad: no such luck/,
    )
    assert.deepEqual([...live.keys()].sort(), ['good', 'other'])
  })

  it('replaces what somebody made meanwhile, and gives what it owns its uid', async () => {
    const { work, sent, live } = aRestore([aSummary('config'), aSummary('child', ['old-config'])])
    const { rawWriter } = work.ports
    const { createRaw } = rawWriter
    const refusal = { status: 409, reason: 'AlreadyExists', message: 'exists' }
    rawWriter.createRaw = async (ref, raw, changes) => {
      if (ref.name !== 'config') return createRaw(ref, raw, changes)
      live.set('config', { ...aSummary('config'), uid: 'theirs', specDigest: 'defaults' })
      return { ok: false, refusal }
    }
    rawWriter.proveRaw = async () => ({ ok: true, specDigest: 'spec of config', labelsDigest: '' })
    rawWriter.replaceRaw = async ({ name }) => {
      live.set('config', { ...aSummary(name), uid: 'theirs' })
      return { ok: true, object: { apiVersion: '', kind: '', metadata: { name, uid: 'theirs' } } }
    }
    assert.deepEqual(await restoreObjects(wish, work), { created: 1, replaced: 1, left: 0 })
    assert.deepEqual(sent, ['child theirs'])
  })

  it('waits once for a webhook that does not answer, and names it', async () => {
    const silent = 'Internal error occurred: failed calling webhook "w.example.com": connection refused'
    let tries = 0
    const { work, now } = aRestore(
      Array.from({ length: 40 }, (_, index) => aSummary(`t${index}`)),
      () => (++tries > 0 ? silent : undefined),
    )
    await assert.rejects(restoreObjects(wish, work), /webhook w\.example\.com does not answer/)
    assert.ok(now() < 60_000 && tries < 40, `${tries} tries in ${now()} ms`)
  })
})

describe('patientWrite', () => {
  it('goes on once the webhook answers', async () => {
    let tries = 0
    const clock = { ...fakeClock(0), sleep: async () => undefined }
    const refusal = { status: 500, reason: '', message: 'failed calling webhook "w": EOF' }
    const object = { apiVersion: '', kind: '', metadata: { name: 'a' } }
    const write = async (): Promise<ApplyResult> =>
      ++tries < 3 ? { ok: false, refusal } : { ok: true, object }
    assert.deepEqual(await patientWrite(write, { clock, progress: () => undefined }, 10_000), {
      ok: true,
      object,
    })
    assert.equal(tries, 3)
  })

  it('does not wait for a webhook that says no', () => {
    const message = 'admission webhook "w" denied the request'
    assert.equal(silentWebhook({ status: 403, message }), undefined)
  })
})
