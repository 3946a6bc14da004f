import assert from 'node:assert/strict'
import type { ReleaseRevision } from '../../src/model/release.js'
import { historyFindings, type HistoryFacts } from '../../src/plan/history-findings.js'

const history: ReleaseRevision[] = Array.from({ length: 10 }, (_, index) => ({
  releaseRevision: index + 1,
  releaseStatus: index === 9 ? 'deployed' : 'superseded',
}))
const release = { name: 'osm', namespace: 'osm-system', history }

function hops(count: number, historyMax?: number): HistoryFacts[] {
  const hop = {
    executor: 'mesh-upgrade' as const,
    release,
    ...(historyMax === undefined ? {} : { historyMax }),
  }
  return Array.from({ length: count }, () => hop)
}

describe('historyFindings', () => {
  it("refuses a plan whose hops would push its own start out of helm's history, and says what is enough", () => {
    const [finding] = historyFindings(hops(3, 2))
    assert.deepEqual([finding?.code, finding?.severity], ['MU606', 'error'])
    assert.match(
      finding?.message ?? '',
      /would delete 10 \(in hop 2\), 11 \(in hop 3\) .*could not be taken back/,
    )
    assert.deepEqual(finding?.remedy?.commands, ['{program} osm -n osm-system --history-max 4'])
  })

  it('says nothing where there is room, where helm keeps all, and of helm as it was typed', () => {
    for (const enough of [hops(1, 1), hops(3, 4), hops(9), hops(30, 0)])
      assert.deepEqual(historyFindings(enough), [])
    assert.deepEqual(historyFindings([]), [])
    assert.deepEqual(historyFindings(hops(3, 2).map((hop) => ({ ...hop, executor: 'helm' as const }))), [])
    assert.equal(historyFindings(hops(11)).length, 1)
  })
})
