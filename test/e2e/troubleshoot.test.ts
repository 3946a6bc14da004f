/**
 * The troubles of the upgrade guide, made with plain helm on a real control plane: `--troubleshoot` names each
 * within 5 s. What the kubelet would do and programs would log is played by the bed (docs/test-bed.md).
 */
import assert from 'node:assert/strict'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding } from '../../src/model/finding.js'
import type { Diagnosis } from '../../src/model/rollout.js'
import { setLog } from '../bed/logs.js'
import { eventually } from '../bed/support.js'
import { everyObject, touched } from '../support/cluster-state.js'
import { chartsFolder, installPlugin, meshOnBed, type MeshOnBed } from '../support/mesh-on-bed.js'
import { mustRun, runProgram } from '../support/run-program.js'

const chart = join(chartsFolder, '0.9.2')
const place = ['-n', 'osm-system']
const limitMs = 5_000

/** The guide's own line. */
const crdLog =
  'reflector.go:178] pkg/mod/k8s.io/client-go@v0.18.6/tools/cache/reflector.go:125: Failed to list *v1alpha2.TrafficTarget: the server could not find the requested resource (get traffictargets.access.smi-spec.io)\n'
const panicLog =
  'starting\npanic: runtime error: invalid memory address\ngoroutine 1 [running]:\nmain.main()\n'

describe('troubleshooting what plain helm left', function () {
  this.timeout(60_000)
  let mesh: MeshOnBed
  let env: Record<string, string>

  before(async () => {
    mesh = await meshOnBed({ helm: 'helm3', chart, policies: 5 })
    env = installPlugin(mesh)
    setLog(mesh.bed, 'crds', crdLog)
    setLog(mesh.bed, 'panic', panicLog)
  })

  after(() => mesh?.stop())

  /** Asks for the cause until the cluster has got as far as to show it; the last answer is measured. */
  async function namedCause(code: string): Promise<Finding> {
    let finding: Finding | undefined
    await eventually(async () => {
      const { ran, tookMs } = await troubleshoot()
      const [first] = (JSON.parse(ran.stdout) as Diagnosis).findings
      assert.deepEqual([first?.code, ran.exitCode], [code, 3], ran.stdout)
      assert.ok(tookMs < limitMs, `${tookMs} ms`)
      console.log(`        named in ${tookMs} ms`)
      finding = first
    })
    return finding!
  }

  async function troubleshoot(): Promise<{ ran: Awaited<ReturnType<typeof runProgram>>; tookMs: number }> {
    const startedAt = Date.now()
    const ran = await runProgram('kubectl', ['mesh-upgrade', '--troubleshoot', '-o', 'json'], { env })
    return { ran, tookMs: Date.now() - startedAt }
  }

  const helmUpgrade = (folder: string, ...words: string[]): Promise<string> =>
    mustRun('helm3', ['upgrade', 'osm', folder, ...place, '--reuse-values', ...words], { env })

  /** The chart with annotations that let the pods of osm-controller fail. */
  function failingChart(annotations: Record<string, string>): string {
    const folder = join(mesh.bed.dir, `chart-${Object.values(annotations).join('-')}`)
    cpSync(chart, folder, { recursive: true })
    const file = join(folder, 'templates', 'osm-controller.yaml')
    const lines = Object.entries(annotations).map(
      ([key, value]) => `\n        bed.mesh-upgrade.dev/${key}: ${value}`,
    )
    const text = readFileSync(file, 'utf8')
    const changed = text.replace('\n      annotations:', (line) => line + lines.join(''))
    assert.notEqual(changed, text)
    writeFileSync(file, changed)
    return folder
  }

  it('finds nothing in a healthy mesh, changes nothing, and exits with 0', async () => {
    const untouched = await everyObject(env)
    const { ran } = await troubleshoot()
    assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
    assert.deepEqual((JSON.parse(ran.stdout) as Diagnosis).findings, [])
    assert.deepEqual(touched(untouched, await everyObject(env)), [])
  })

  it('names Insufficient cpu with nodes, requests and what would do', async () => {
    const wishes = ['limits', 'requests'].flatMap((part) => [
      '--set-string',
      `OpenServiceMesh.osmController.resource.${part}.cpu=900`,
    ])
    await helmUpgrade(chart, ...wishes)
    const { message, evidence, remedy, object } = await namedCause('MU701')
    assert.match(message, /Insufficient cpu.*osm-controller asks for 900 CPU/)
    assert.equal(object?.name, 'osm-controller')
    assert.match(evidence.join('\n'), /0\/3 nodes are available: 3 Insufficient cpu/)
    assert.match(evidence.join('\n'), /node-1 has 4 CPU/)
    const command = remedy?.commands.join('\n') ?? ''
    assert.match(command, /--set OpenServiceMesh\.osmController\.resource\.requests\.cpu=500m/)
    // A pod larger than any node does not fit when the old one is gone.
    assert.doesNotMatch(command, /maxSurge/)
  })

  it('names CRDs out of step with what is wanted and what is served', async () => {
    await helmUpgrade(failingChart({ state: 'crash-loop', log: 'crds' }), '--set-string', ...cpu('0.5'))
    const { message, evidence, remedy } = await namedCause('MU702')
    assert.match(
      message,
      /TrafficTarget v1alpha2, but CRD traffictargets\.access\.smi-spec\.io serves v1alpha3/,
    )
    assert.match(evidence.join('\n'), /Failed to list \*v1alpha2\.TrafficTarget/)
    assert.match(remedy?.commands.join('\n') ?? '', /mesh-upgrade osm -n osm-system --to 0\.9\.2/)
  })

  it('names an image that does not understand the chart: FatalInvalidCLIParameters', async () => {
    await helmUpgrade(chart, '--set', 'OpenServiceMesh.image.tag=v0.10.0')
    const { message, evidence, remedy } = await namedCause('MU703')
    assert.match(message, /osm-controller:v0\.10\.0 is newer than chart 0\.9\.2/)
    assert.match(evidence.join('\n'), /FatalInvalidCLIParameters/)
    assert.match(remedy?.commands.join('\n') ?? '', /--set OpenServiceMesh\.image\.tag=v0\.9\.2/)
    assert.match(remedy?.commands.join('\n') ?? '', /--images chart/)
  })

  it('names an image that cannot be pulled, with the words of the registry', async () => {
    await helmUpgrade(
      failingChart({ state: 'image-pull' }),
      ...['--set', 'OpenServiceMesh.image.tag=v0.9.2,OpenServiceMesh.osmController.replicaCount=2'],
    )
    const { message, evidence, objects } = await namedCause('MU704')
    assert.match(message, /does not exist: registry\.example\.com\/mesh\/osm-controller:v0\.9\.2/)
    assert.match(evidence.join('\n'), /failed to resolve reference .*: not found/)
    assert.ok((objects?.length ?? 0) >= 1)
  })

  it('names a crash loop with exit code and last words', async () => {
    await helmUpgrade(failingChart({ state: 'crash-loop', log: 'panic' }))
    const { message, evidence, remedy } = await namedCause('MU705')
    assert.match(
      message,
      /container osm-controller of Deployment osm-system\/osm-controller crashes again and again.*exit code 1/,
    )
    assert.match(evidence.join('\n'), /log: panic: runtime error/)
    assert.match(
      remedy?.commands.join('\n') ?? '',
      /kubectl logs osm-controller-\S+ -n osm-system -c osm-controller/,
    )
  })

  it('names the image of a hook that helm waited for in vain', async () => {
    await helmUpgrade(chart)
    const words = ['--reset-values', '--set', 'OpenServiceMesh.image.tag=v0.9.2', '--timeout', '3s']
    const target = join(chartsFolder, '0.10.0')
    const ran = await runProgram('helm3', ['upgrade', 'osm', target, ...place, ...words], { env })
    assert.match(ran.stderr, /pre-upgrade hooks failed/)
    assert.equal(ran.exitCode, 1, ran.stdout)
    const { message, object } = await namedCause('MU704')
    assert.deepEqual([object?.kind, object?.name], ['Job', 'osm-upgrade-crds'])
    assert.match(message, /osm-crds:v0\.9\.2; the chart's own tag is v0\.10\.0/)
  })
})

function cpu(amount: string): string[] {
  const path = 'OpenServiceMesh.osmController.resource'
  return [`${path}.requests.cpu=${amount}`, '--set-string', `${path}.limits.cpu=1.5`]
}
