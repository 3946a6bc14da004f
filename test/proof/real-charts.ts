/**
 * The published charts of Open Service Mesh, which are not part of this repository: the folder in
 * `MESH_UPGRADE_REAL_CHARTS` holds `osm-0.9.2.tgz` and `osm-0.10.0.tgz` (branch gh-pages of openservicemesh/osm).
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { UpgradeOutcome } from '../../src/model/outcome.js'
import type { ProofRow } from '../proof.js'
import { customResources, differing, everyObject, touched } from '../support/cluster-state.js'
import { installPlugin, meshOnBed, outsidePlan, type Helm } from '../support/mesh-on-bed.js'
import { mustRun, runProgram } from '../support/run-program.js'

/** Upgrades the real 0.9.2 to the real 0.10.0 with both helms and compares everything. */
export async function realCharts(say: (row: ProofRow) => void): Promise<void> {
  const folder = process.env['MESH_UPGRADE_REAL_CHARTS']
  if (folder === undefined || !existsSync(join(folder, 'osm-0.9.2.tgz'))) {
    throw new Error('MESH_UPGRADE_REAL_CHARTS names no folder with osm-0.9.2.tgz and osm-0.10.0.tgz')
  }
  for (const helm of ['helm3', 'helm4'] satisfies Helm[]) await upgradeReal(folder, helm, say)
}

async function upgradeReal(folder: string, helm: Helm, say: (row: ProofRow) => void): Promise<void> {
  const mesh = await meshOnBed({ helm, chart: join(folder, 'osm-0.9.2.tgz') })
  try {
    const env = installPlugin(mesh)
    const kept = await customResources(env)
    const before = await everyObject(env)
    const startedAt = Date.now()
    const target = join(folder, 'osm-0.10.0.tgz')
    const ran = await runProgram('kubectl', ['mesh-upgrade', 'osm', target, '--yes', '-o', 'json'], { env })
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
    const row = (name: string, passed: boolean, details = ''): void =>
      say({ name: `${helm}: ${name}`, passed, details })
    row(
      'upgraded and verified',
      ran.exitCode === 0,
      `${seconds} s ${ran.exitCode === 0 ? '' : ran.stdout + ran.stderr}`,
    )
    const outcome = JSON.parse(ran.stdout) as UpgradeOutcome
    row(
      'verdict',
      outcome.verdict?.outcome === 'pass',
      outcome.verdict?.checks.map(({ message }) => message).join('; '),
    )
    const values = await mustRun(helm, ['get', 'values', 'osm', '-n', 'osm-system', '-o', 'json'], { env })
    const { image } = (JSON.parse(values) as { OpenServiceMesh: { image: unknown } }).OpenServiceMesh
    row(
      'registry kept, tag reset',
      JSON.stringify(image) === '{"registry":"registry.example.com/mesh"}',
      JSON.stringify(image),
    )
    const now = await customResources(env)
    const lost = differing(kept, now)
    row(
      'custom resources identical',
      lost.length === 0 && kept.size >= 200,
      `${kept.size - lost.length} of ${kept.size} ${lost.join(' ')}`,
    )
    const others = outsidePlan(touched(before, await everyObject(env)))
    row('nothing changed outside the plan', others.length === 0, others.join(', '))
  } finally {
    await mesh.stop()
  }
}
