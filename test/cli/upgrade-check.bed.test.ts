/** The judge of a helm command, as a plugin of a real helm on a real control plane. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { UpgradePlan } from '../../src/model/plan.js'
import { everyObject, touched } from '../support/cluster-state.js'
import { addRepository, chartsFolder, meshOnBed, type MeshOnBed } from '../support/mesh-on-bed.js'
import { mustRun, runProgram, type Ran } from '../support/run-program.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('helm upgrade-check on a mesh', function () {
  this.timeout(180_000)
  let mesh: MeshOnBed
  let repository: { close(): Promise<void> } | undefined
  const target = join(chartsFolder, '0.10.0')
  const judge = (...words: string[]): Promise<Ran> =>
    runProgram('helm4', ['upgrade-check', ...words, '-o', 'json'], { env: mesh.env })
  const planOf = ({ stdout }: Ran): UpgradePlan => JSON.parse(stdout) as UpgradePlan

  before(async () => {
    mesh = await meshOnBed({ helm: 'helm4', chart: join(chartsFolder, '0.9.2') })
    repository = await addRepository(mesh, ['0.9.2', '0.10.0'])
    await mustRun('helm4', ['plugin', 'install', root], { env: mesh.env })
  })

  after(async () => {
    await repository?.close()
    await mesh?.stop()
  })

  it('judges the literal command, changes nothing and plans no step but helm', async () => {
    const untouched = await everyObject(mesh.env)
    const ran = await judge('osm', target, '-n', 'osm-system')
    const plan = planOf(ran)
    assert.deepEqual([plan.executor, plan.release.name, plan.to.chartVersion], ['helm', 'osm', '0.10.0'])
    assert.deepEqual(
      plan.hops.flatMap(({ steps }) => steps.map(({ type }) => type)),
      ['upgrade-release'],
    )
    assert.equal(plan.hops[0]?.releases[0]?.values.mode, 'helm-default')
    assert.deepEqual(touched(untouched, await everyObject(mesh.env)), [])
    assert.ok(!ran.stdout.includes('s3cr3t'))
  })

  it('finds the release in any namespace where none is named', async () => {
    assert.equal(planOf(await judge()).release.namespace, 'osm-system')
  })

  it('tells what kind of helm values mode the flags mean', async () => {
    const mode = async (flag: string): Promise<string | undefined> =>
      planOf(await judge('osm', target, '-n', 'osm-system', flag)).hops[0]?.releases[0]?.values.mode
    assert.equal(await mode('--reuse-values'), 'reuse')
    assert.equal(await mode('--reset-then-reuse-values'), 'reset-then-reuse')
  })

  it('looks for a named release where helm looks', async () => {
    const ran = await judge('osm', target)
    assert.equal(ran.exitCode, 1)
    assert.match(ran.stdout, /"kind": "Error"/)
  })

  it('uses the context that helm took out of the words', async () => {
    const ran = await judge('osm', target, '--kube-context', 'absent')
    assert.match(ran.stdout, /"code": "ContextUnknown"/)
  })
})
