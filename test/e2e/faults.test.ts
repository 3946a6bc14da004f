/**
 * A short set of the fault matrix (`npm run proof -- faults`): some faults once, at requests spread over a run
 * of the upgrade, through a proxy in front of a real API server.
 */
import assert from 'node:assert/strict'
import { faultName, startFaultBed, type FaultBed, type FaultCase } from '../support/fault-runs.js'
import type { Fault, ProxiedRequest } from '../support/fault-proxy.js'

/** What must succeed all the same, and where a run ends in a stated state instead. */
const ridden: Fault[] = ['401', '429', 'half-json', 'slow-loris', 'reset-after', { downForMs: 1500 }]

describe('an upgrade of which one request is spoilt', function () {
  this.timeout(120_000)
  let bed: FaultBed
  let ours: ProxiedRequest[]

  before(async () => {
    bed = await startFaultBed('helm3')
    ours = (await bed.count()).filter(({ program }) => program === 'ours')
  })
  after(() => bed?.stop())

  /** Numbers from the beginning of the run almost to its end, one for each fault: no two runs ask quite as often. */
  const spread = (index: number): number => 1 + Math.floor((index * (ours.length - 8)) / (ridden.length - 1))

  for (const [index, fault] of ridden.entries()) {
    it(`succeeds in spite of ${faultName(fault)}`, async () => {
      const result = await bed.run({ program: 'ours', nth: spread(index), fault })
      assert.deepEqual([result.outcome, result.exitCode], ['succeeded', 0], told(result))
    })
  }

  it('loses no write whose answer is lost', async () => {
    const nth = 1 + ours.findIndex(({ method, dryRun }) => method !== 'GET' && !dryRun)
    const result = await bed.run({ program: 'ours', nth, fault: 'reset-after' })
    assert.deepEqual([result.outcome, result.exitCode], ['succeeded', 0], told(result))
  })

  it('ends its record and its lock in spite of a refusal that passes', async () => {
    const lastOf = (verb: string, part: string): number =>
      1 + ours.findLastIndex(({ method, path }) => method === verb && path.includes(part))
    for (const nth of [lastOf('PATCH', '/configmaps/'), lastOf('DELETE', '/leases/')]) {
      const result = await bed.run({ program: 'ours', nth, fault: '422' })
      assert.deepEqual([result.outcome, result.exitCode], ['succeeded', 0], told(result))
    }
  })

  it('says where it stands after a refusal, and is brought to its end by what it names', async () => {
    const isStep = ({ method, dryRun, path }: ProxiedRequest): boolean =>
      method === 'PATCH' && !dryRun && path.includes('/customresourcedefinitions/')
    const nth = 1 + ours.findIndex(isStep)
    const result = await bed.run({ program: 'ours', nth, fault: '422' })
    assert.equal(result.outcome, 'stated', told(result))
    assert.notEqual(result.exitCode, 0)
  })
})

function told({
  case: { nth },
  complaints,
  output,
}: {
  case: FaultCase
  complaints: string[]
  output: string
}): string {
  return `request ${nth}: ${complaints.join('; ')}\n${output}`
}
