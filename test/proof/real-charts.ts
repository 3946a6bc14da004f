/**
 * The published charts of Open Service Mesh, which are not part of this repository: the folder in
 * `MESH_UPGRADE_REAL_CHARTS` holds the archives named here (branch gh-pages of openservicemesh/osm).
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { UpgradeOutcome } from '../../src/model/outcome.js'
import type { ProofRow } from '../proof.js'
import { customResources, differing, everyObject, touched } from '../support/cluster-state.js'
import { installPlugin, meshOnBed, outsidePlan, type Helm, type MeshOnBed } from '../support/mesh-on-bed.js'
import { followPresence, osmWebhooks } from '../support/presence.js'
import { mustRun, runProgram } from '../support/run-program.js'

const first = 'osm-0.9.2.tgz'
const hops = [
  { archive: 'osm-0.10.0.tgz', title: '0.9.2 → 0.10.0', image: /\/osm-controller:v0\.10\.0/ },
  // Without a tag images are chosen by digest from 0.11 on, whatever the registry.
  { archive: 'osm-v0.11.1.tgz', title: '0.10.0 → 0.11.1', image: /\/osm-controller@sha256:/ },
]
const registry = 'registry.example.com/mesh'

type Row = (name: string, passed: boolean, details?: string) => void

/** Takes the real 0.9.2 to 0.10.0 and on to 0.11.1 with both helms, and compares everything after each hop. */
export async function realCharts(say: (row: ProofRow) => void): Promise<void> {
  const folder = process.env['MESH_UPGRADE_REAL_CHARTS']
  const wanted = [first, ...hops.map(({ archive }) => archive)]
  if (folder === undefined || !wanted.every((archive) => existsSync(join(folder, archive)))) {
    throw new Error(`MESH_UPGRADE_REAL_CHARTS names no folder with ${wanted.join(', ')}`)
  }
  for (const helm of ['helm3', 'helm4'] satisfies Helm[]) await upgradeReal(folder, helm, say)
}

async function upgradeReal(folder: string, helm: Helm, say: (row: ProofRow) => void): Promise<void> {
  const mesh = await meshOnBed({ helm, chart: join(folder, first) })
  try {
    const env = installPlugin(mesh)
    for (const { archive, title, image } of hops) {
      const row: Row = (name, passed, details = '') =>
        say({ name: `${helm} ${title}: ${name}`, passed, details })
      await hop({ mesh, env, chart: join(folder, archive), image }, row)
    }
  } finally {
    await mesh.stop()
  }
}

interface HopInput {
  mesh: MeshOnBed
  env: Record<string, string>
  chart: string
  image: RegExp
}

async function hop({ mesh, env, chart, image }: HopInput, row: Row): Promise<void> {
  const kept = await customResources(env)
  const before = await everyObject(env)
  const presence = followPresence(mesh.bed, await present(env))
  const startedAt = Date.now()
  const ran = await runProgram('kubectl', ['mesh-upgrade', 'osm', chart, '--yes', '-o', 'json'], { env })
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
  const { looks, absent } = await presence.end()
  const failure = ran.exitCode === 0 ? '' : ran.stdout + ran.stderr
  row('upgraded and verified', ran.exitCode === 0, `${seconds} s ${failure}`)
  const { verdict } = JSON.parse(ran.stdout) as UpgradeOutcome
  const messages = verdict?.checks.map(({ message }) => message).join('; ')
  row('verdict', verdict?.outcome === 'pass', messages)
  await checkImages({ mesh, env, image }, row)
  const lost = differing(kept, await customResources(env))
  const same = `${kept.size - lost.length} of ${kept.size} ${lost.join(' ')}`
  row('custom resources identical', lost.length === 0 && kept.size >= 200, same)
  const gaps = Object.values(absent).reduce((sum, count) => sum + count, 0)
  const looked = `${looks} looks, absent at ${gaps}: ${Object.keys(absent).length} configurations`
  row('webhook configurations never vanish', gaps === 0, looked)
  const others = outsidePlan(touched(before, await everyObject(env)))
  row('nothing changed outside the plan', others.length === 0, others.join(', '))
}

/** Paths of the webhook configurations that are there; 0.9 has one. */
async function present(env: Record<string, string>): Promise<string[]> {
  const found = await Promise.all(
    osmWebhooks.map((path) => runProgram('kubectl', ['get', '--raw', path], { env })),
  )
  return osmWebhooks.filter((_, index) => found[index]?.exitCode === 0)
}

async function checkImages(
  { mesh, env, image }: Pick<HopInput, 'mesh' | 'env' | 'image'>,
  row: Row,
): Promise<void> {
  const values = await mustRun(mesh.helm, ['get', 'values', 'osm', '-n', 'osm-system', '-o', 'json'], { env })
  const chosen = JSON.stringify(
    (JSON.parse(values) as { OpenServiceMesh: { image: unknown } }).OpenServiceMesh.image,
  )
  row('registry kept, tag reset', chosen === JSON.stringify({ registry }), chosen)
  const words = ['get', 'deploy', '-n', 'osm-system', '-o', 'jsonpath={..image}']
  const images = await mustRun('kubectl', words, { env })
  row('images of the new version, from the registry', image.test(images) && images.includes(registry))
}
