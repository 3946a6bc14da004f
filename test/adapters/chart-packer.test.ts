import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { create } from 'tar'
import { chartPacker } from '../../src/adapters/chart-packer.js'
import { loadChartAt } from '../../src/adapters/chart-loader.js'
import { packFiles } from '../../src/adapters/run-archive.js'
import { UpgradeError } from '../../src/errors.js'
import type { Chart } from '../../src/model/chart.js'
import type { FrozenChart } from '../../src/model/frozen-plan.js'
import { chartsFolder } from '../support/mesh-on-bed.js'

const source = { type: 'path', path: 'x' } as const
const packer = chartPacker()

function frozen(
  chart: Pick<Chart, 'name' | 'version' | 'contentDigest'>,
  files: string,
): FrozenChart & { files: string } {
  const { name, version, contentDigest } = chart
  return { name, version, reference: 'osm/osm', source, digest: contentDigest, files }
}

describe('a chart that travels in a file', () => {
  let folder: string
  before(() => (folder = mkdtempSync(join(tmpdir(), 'chart-packer-'))))
  after(() => rmSync(folder, { recursive: true }))

  it('is the same on arrival, from a folder and from an archive', async () => {
    const archive = join(folder, 'osm-0.10.0.tgz')
    await create({ file: archive, cwd: chartsFolder, gzip: true }, ['0.10.0'])
    for (const path of [join(chartsFolder, '0.10.0'), archive]) {
      const chart = await loadChartAt({ path, reference: path, source })
      const arrived = await packer.unpack(frozen(chart, await packer.pack(chart)))
      const { path: _path, reference, ...same } = arrived
      const { path: _place, reference: _reference, ...sent } = chart
      assert.deepEqual(same, sent)
      assert.equal(reference, 'osm/osm')
    }
  })

  it('is refused where it is none, or leads out of its folder', async () => {
    const chart = { name: 'osm', version: '1', contentDigest: '' }
    const out = packFiles([{ path: '../../evil.yaml', content: Buffer.from('x') }], Infinity).packed
    await assert.rejects(packer.unpack(frozen(chart, out)), /leads out of the chart/)
    await fc.assert(
      fc.asyncProperty(fc.base64String(), (files) =>
        assert.rejects(packer.unpack(frozen(chart, files)), (error) => {
          return error instanceof UpgradeError && error.code === 'PlanFileInvalid'
        }),
      ),
      { numRuns: 50 },
    )
  })
})
