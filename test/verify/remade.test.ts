import assert from 'node:assert/strict'
import type { CustomResourceKind, CustomResourceSummary, RawObject } from '../../src/model/crd.js'
import type { ClusterReader } from '../../src/ports/cluster.js'
import type { HopStore } from '../../src/ports/run-store.js'
import { customResourcesKept } from '../../src/verify/checks/custom-resources-kept.js'
import { crdsEstablished } from '../../src/verify/checks/crds-established.js'
import { compareWithBackup } from '../../src/verify/compare-custom-resources.js'
import type { Observation } from '../../src/verify/observation.js'
import { aCrd } from '../support/builders.js'
import { refusing } from '../support/fake-ports.js'

const kind: CustomResourceKind = {
  ...{ crd: 'things.example.com', group: 'example.com', version: 'v1', kind: 'Thing', plural: 'things' },
  namespaced: false,
}
const old: CustomResourceSummary = {
  ...{ namespace: '', name: 'a', uid: 'old', resourceVersion: '1', specDigest: 's', labelsDigest: 'l' },
}

/** What is said of an object of before that is now as told. */
async function judged(
  now: Partial<RawObject>,
  isRemade: boolean,
): Promise<{ status?: string | undefined; message?: string | undefined }> {
  const cluster = refusing<ClusterReader>({
    eachRawPage: (_kind, onPage) => onPage([{ ...old, raw: '{}', ...now }]),
  })
  const store = refusing<HopStore>({
    readBackupSummaries: async () => [old],
    readBackupObject: async () => '{"spec":{"a":1}}',
  })
  const schema = { before: undefined, now: undefined, isRemade }
  const compared = await compareWithBackup(kind, cluster, store, schema)
  const result = customResourcesKept({ customResources: [compared] } as unknown as Observation)
  return { status: result?.status, message: result?.message }
}

describe('verifying custom resources that were to be made again', () => {
  it('takes new uids and versions as planned, and says how many', async () => {
    const now = { uid: 'new', resourceVersion: '9' }
    assert.equal((await judged(now, false)).status, 'fail')
    const { status, message } = await judged(now, true)
    assert.equal(status, 'pass')
    assert.match(message ?? '', /1 of 1 custom resources kept \(1 made again as planned\), all identical/)
  })

  it('takes no other content, labels or annotations', async () => {
    assert.equal((await judged({ uid: 'new', specDigest: 'other' }, true)).status, 'fail')
    assert.equal((await judged({ uid: 'new', labelsDigest: 'other' }, true)).status, 'fail')
  })

  it('takes a CRD with another uid only where that was planned', () => {
    const crd = aCrd('things.example.com', { v1: {} })
    const again = { ...crd, metadata: { ...crd.metadata, uid: 'new' } }
    const statusOf = (remade: string[]): string | undefined => {
      const observation = {
        ...{ crds: [{ name: kind.crd, object: again, raw: '' }], expectedCrds: [kind.crd], remade },
        ...{ crdsBefore: [{ name: kind.crd, object: crd, raw: '' }], unreadable: [] },
        served: new Set(['example.com/v1/thing']),
      } as unknown as Observation
      return crdsEstablished(observation)?.status
    }
    assert.deepEqual([statusOf([]), statusOf([kind.crd])], ['fail', 'pass'])
  })
})
