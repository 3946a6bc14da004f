import assert from 'node:assert/strict'
import { lastGoodRevision, type ReleaseRevision, type ReleaseStatus } from '../../src/model/release.js'

describe('lastGoodRevision', () => {
  const history = (...statuses: ReleaseStatus[]): ReleaseRevision[] =>
    statuses.map((releaseStatus, index) => ({ releaseRevision: index + 1, releaseStatus }))

  it('is never a revision that failed or is pending', () => {
    assert.equal(lastGoodRevision(history('superseded', 'deployed', 'failed', 'failed')), 2)
    assert.equal(lastGoodRevision(history('superseded', 'deployed', 'pending-upgrade')), 2)
    assert.equal(lastGoodRevision(history('superseded', 'deployed')), 2)
  })

  it('is none where nothing was ever deployed', () => {
    assert.equal(lastGoodRevision(history('failed', 'pending-install')), undefined)
    assert.equal(lastGoodRevision([]), undefined)
  })
})
