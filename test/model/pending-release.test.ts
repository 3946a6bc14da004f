import assert from 'node:assert/strict'
import { historyRoom } from '../../src/model/history-room.js'
import type { LingeringHelm } from '../../src/model/lingering-helm.js'
import { pendingRelease } from '../../src/model/pending-release.js'
import type { ReleaseRecord, ReleaseRevision, ReleaseStatus } from '../../src/model/release.js'

const createdAt = '2026-01-01T10:00:05Z'
const record: ReleaseRecord = {
  ...{ releaseRevision: 7, releaseStatus: 'pending-upgrade', uid: 'u-7', createdAt, annotations: {} },
  ...{ modifiedAt: Date.parse(createdAt) / 1000, writtenBy: 'Helm', writtenAt: createdAt },
}
const lingering: LingeringHelm = {
  ...{ kind: 'upgrade', state: 'gone', pid: 42, host: 'laptop', startedAt: '2026-01-01T10:00:00Z' },
  ...{ endsBy: '2026-01-01T10:16:00Z', command: 'helm upgrade osm', logFolder: '/runs/1' },
}
const run = { runId: 'run-1', holder: 'ada@laptop pid 41', startedAt: '2026-01-01T09:59:00Z' }

describe('a pending release', () => {
  it('is none where helm recorded an end', () => {
    assert.equal(pendingRelease({ ...record, releaseStatus: 'failed' }), undefined)
  })

  it('that our own helm left is named with it, and may be mended once that is gone', () => {
    const found = pendingRelease(record, { lingering, run: { ...run, state: 'gone' } })
    assert.deepEqual(found, {
      ...{ pending: 'pending-upgrade', releaseRevision: 7, uid: 'u-7', since: '2026-01-01T10:00:05.000Z' },
      ...{ by: 'helm of run run-1 by ada@laptop pid 41 on laptop (pid 42)', alive: 'gone' },
      mend: 'mark the revision failed, as helm does with one that is interrupted (its record is kept first); helm upgrade and helm rollback work again then',
    })
    const alive = pendingRelease(record, { lingering: { ...lingering, state: 'alive' } })
    assert.deepEqual(
      [alive?.alive, alive?.by],
      ['alive', 'helm upgrade of an earlier run on laptop (pid 42)'],
    )
    assert.match(alive?.mend ?? '', /^wait for that helm/)
  })

  it('that another helm may have left since is never taken for ours, and never for dead', () => {
    const later = { ...record, createdAt: '2026-01-01T11:00:00Z' }
    const found = pendingRelease(later, { lingering })
    assert.deepEqual([found?.alive, found?.by], ['unknown', 'a helm, of whom it does not say'])
    assert.match(found?.mend ?? '', /^make sure that no helm works on it, on any machine; then mark/)
    const bare: ReleaseRecord = {
      releaseRevision: 1,
      releaseStatus: 'pending-install',
      uid: '',
      annotations: {},
    }
    const unknown = pendingRelease(bare, { lingering, run: { ...run, state: 'gone' } })
    assert.deepEqual([unknown?.alive, unknown?.by, unknown?.since], ['unknown', 'unknown', undefined])
    assert.match(unknown?.mend ?? '', /installed again or uninstalled$/)
  })

  it('is never called dead by a run alone: its helm may live', () => {
    const states = (['alive', 'gone', 'unknown'] as const).map(
      (state) => pendingRelease(record, { run: { ...run, state } })?.alive,
    )
    assert.deepEqual(states, ['alive', 'unknown', 'unknown'])
  })
})

function historyOf(...statuses: ReleaseStatus[]): ReleaseRevision[] {
  return statuses.map((releaseStatus, index) => ({ releaseRevision: index + 1, releaseStatus }))
}

describe('the room in the history', () => {
  const full = historyOf(...Array<ReleaseStatus>(9).fill('superseded'), 'deployed')

  it('is enough for one hop whatever the limit, since the deployed revision stays', () => {
    for (const max of [1, 2, 10, 0]) assert.deepEqual(historyRoom(full, 1, max).pruned, [])
    assert.equal(historyRoom(full, 1).enough, 1)
  })

  it('is too little for several hops under a small limit, and it is said which point goes when', () => {
    const pruned = [
      { releaseRevision: 10, hop: 2 },
      { releaseRevision: 11, hop: 3 },
    ]
    assert.deepEqual(historyRoom(full, 3, 2), { pruned, enough: 4 })
    assert.deepEqual(historyRoom(full, 3, 3).pruned, [{ releaseRevision: 10, hop: 3 }])
    assert.deepEqual(historyRoom(full, 3, 4).pruned, [])
    assert.deepEqual(historyRoom(full, 5).pruned, [])
  })

  it('counts what failed since the deployed revision', () => {
    const failed = historyOf('deployed', 'failed', 'failed')
    assert.deepEqual(historyRoom(failed, 2, 3), { pruned: [{ releaseRevision: 1, hop: 2 }], enough: 5 })
    assert.deepEqual(historyRoom([], 2), { pruned: [], enough: 1 })
  })
})
