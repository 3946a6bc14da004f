import assert from 'node:assert/strict'
import type { ReleaseRevision } from '../../../src/model/release.js'
import { planRollback, type RollbackInput } from '../../../src/plan/rollback/plan-rollback.js'
import { aRelease } from '../../support/builders.js'

const deployed = (releaseRevision: number): ReleaseRevision => ({
  releaseRevision,
  releaseStatus: 'deployed',
})
const superseded = (releaseRevision: number): ReleaseRevision => ({
  releaseRevision,
  releaseStatus: 'superseded',
})

/** A run that took revision 3 to 4, and what helm has since. */
function anInput(history: ReleaseRevision[]): RollbackInput {
  const newest = history.at(-1) ?? deployed(4)
  return {
    ...{
      runId: 'run-1',
      cluster: { uid: 'uid', server: '', kubeContext: 'here', kubeVersion: 'v1.34.0' },
    },
    ...{ hops: [], backupCrds: [], liveCrds: [], lostResources: new Map(), touched: [], isForeign: false },
    before: aRelease({ releaseRevision: 3, history: [superseded(1), superseded(2), deployed(3)] }),
    newest: aRelease({ ...newest, chartVersion: '0.10.0', history }),
    ...{ newestObjects: [], newestHooks: [], beforeObjects: [], workloads: [], webhookPrograms: [] },
    ...{ backupFolder: '/run/backup', clusterFlags: [] },
    rollbackCommand: (toRevision) => `helm rollback osm ${toRevision}`,
  }
}

describe('planRollback', () => {
  it('goes back to the revision of before the run', () => {
    const { steps, to } = planRollback(anInput([superseded(3), deployed(4)]))
    assert.deepEqual([to.releaseRevision, steps[0]?.id], [3, 'rollback-release'])
  })

  it('leaves helm alone where it never made a revision', () => {
    const { steps } = planRollback(anInput([superseded(2), deployed(3)]))
    assert.deepEqual(
      steps.map(({ id }) => id),
      ['verify-rollback'],
    )
  })

  it('refuses what helm cannot do any more, before anything is changed', () => {
    assert.throws(() => planRollback(anInput([superseded(4), deployed(5)])), {
      code: 'RevisionGone',
      message: /no revision 3 of osm any more \(its history begins with 4\).*nothing was changed/,
      remedy: /helm history osm -n osm-system; .*\/run\/backup/,
    })
  })
})
