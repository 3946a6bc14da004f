/**
 * A plan that is kept in a file and executed later, on a real control plane: it holds no secret, needs none of the
 * files that it was made from, and is refused wherever anything moved. The tests of a suite build on one another.
 */
import assert from 'node:assert/strict'
import { cpSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UpgradeOutcome } from '../../src/model/outcome.js'
import { customResources, everyObject, touched } from '../support/cluster-state.js'
import {
  chartsFolder,
  installPlugin,
  meshOnBed,
  notesFolder,
  outsidePlan,
  type MeshOnBed,
} from '../support/mesh-on-bed.js'
import { mustRun, runProgram, type Ran } from '../support/run-program.js'

const stored = 's3cr3t-vault-token'
const given = 'another-s3cr3t'

describe('a plan in a file', function () {
  this.timeout(120_000)
  let mesh: MeshOnBed
  let env: Record<string, string>
  let file: string
  let untouched: Awaited<ReturnType<typeof everyObject>>

  const inBed = (name: string): string => join(mesh.bed.dir, name)
  const meshUpgrade = (...words: string[]): Promise<Ran> =>
    runProgram('kubectl', ['mesh-upgrade', ...words], { env })
  const kubectl = (...words: string[]): Promise<string> => mustRun('kubectl', words, { env })
  const again = ['--set', `OpenServiceMesh.vault.token=${given}`]

  /** Refused with exit 6 and these words, nothing changed but what the test did. */
  const refusedAsStale = async (reason: RegExp, ...words: string[]): Promise<void> => {
    const before = await everyObject(env)
    const ran = await meshUpgrade('apply', file, '--yes', ...again, ...words)
    assert.equal(ran.exitCode, 6, ran.stdout + ran.stderr)
    assert.match(ran.stderr.replace(/\s+/g, ' '), reason)
    assert.deepEqual(outsidePlan(touched(before, await everyObject(env))), [])
  }

  before(async () => {
    mesh = await meshOnBed({ helm: 'helm3', chart: join(chartsFolder, '0.9.2') })
    env = installPlugin(mesh)
    file = inBed('plan.json')
    cpSync(join(chartsFolder, '0.10.0'), inBed('chart'), { recursive: true })
    cpSync(notesFolder, inBed('notes'), { recursive: true })
    writeFileSync(
      inBed('values.yaml'),
      `OpenServiceMesh:\n  osmController: {podLabels: {tier: mesh}}\n  vault: {token: ${given}}\n`,
    )
    untouched = await everyObject(env)
  })

  after(() => mesh?.stop())

  it('is written for its owner alone, without any secret, and changes nothing', async () => {
    const words = ['osm', inBed('chart'), '-f', inBed('values.yaml'), '--release-notes', inBed('notes')]
    const ran = await meshUpgrade('plan', ...words, '--out', file)
    assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
    assert.match(ran.stderr, /asks again for OpenServiceMesh\.vault\.token/)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    const text = readFileSync(file, 'utf8')
    assert.ok(!text.includes(stored) && !text.includes(given))
    assert.deepEqual(touched(untouched, await everyObject(env)), [])
    // From here on the file has to do.
    for (const name of ['chart', 'values.yaml', 'notes']) rmSync(inBed(name), { recursive: true })
  })

  it('is written by --dry-run as well, and not beside a run', async () => {
    const other = inBed('other.json')
    const words = ['osm', join(chartsFolder, '0.10.0'), '--out', other]
    const ran = await meshUpgrade(...words, '--dry-run')
    assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
    assert.equal(statSync(other).mode & 0o777, 0o600)
    assert.equal((await meshUpgrade(...words, '--yes')).exitCode, 1)
  })

  it('asks for the secrets that it does not hold, by their paths', async () => {
    const ran = await meshUpgrade('apply', file, '--yes')
    assert.equal(ran.exitCode, 1, ran.stdout + ran.stderr)
    assert.match(ran.stderr, /OpenServiceMesh\.vault\.token/)
  })

  it('is only shown with --dry-run', async () => {
    const ran = await meshUpgrade('apply', file, '--dry-run', ...again)
    assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
    assert.match(ran.stdout, /0\.9\.2 → 0\.10\.0/)
    assert.ok(!ran.stdout.includes(given) && !ran.stderr.includes(given))
    assert.deepEqual(touched(untouched, await everyObject(env)), [])
  })

  it('is refused with another secret or other values', async () => {
    await refusedAsStale(/values of the upgrade changed/, '--set', 'OpenServiceMesh.vault.token=wrong')
    await refusedAsStale(/values of the upgrade changed/, '--set', 'OpenServiceMesh.replicaCount=2')
  })

  it('is refused when the file was changed', async () => {
    const text = readFileSync(file, 'utf8')
    const other = inBed('changed.json')
    for (const [from, to] of [
      ['"tier": "mesh"', '"tier": "edge"'],
      ['mesh-upgrade.dev/v1alpha1', 'mesh-upgrade.dev/v9'],
      ['"FrozenPlan"', '"Run"'],
    ] as const) {
      assert.ok(text.includes(from), from)
      writeFileSync(other, text.replace(from, to))
      const ran = await meshUpgrade('apply', other, '--yes', ...again)
      assert.equal(ran.exitCode, 6, ran.stdout + ran.stderr)
    }
    writeFileSync(other, text.slice(0, text.length / 2))
    assert.equal((await meshUpgrade('apply', other, '--yes', ...again)).exitCode, 6)
    assert.equal((await meshUpgrade('apply', inBed('absent.json'), '--yes')).exitCode, 1)
  })

  it('is refused when a CRD changed', async () => {
    const crd = 'crd/meshconfigs.config.openservicemesh.io'
    const spec = '[{"op":"add","path":"/spec/names/categories","value":["mesh"]}]'
    await kubectl('patch', crd, '--type=json', '-p', spec)
    await refusedAsStale(/CRD meshconfigs\.config\.openservicemesh\.io changed/)
    await kubectl('patch', crd, '--type=json', '-p', '[{"op":"remove","path":"/spec/names/categories"}]')
  })

  it('is refused when a custom resource came', async () => {
    const name = 'came'
    const destination = { kind: 'ServiceAccount', name, namespace: 'default' }
    const spec = { destination, sources: [], rules: [{ kind: 'HTTPRouteGroup', name, matches: ['all'] }] }
    const object = {
      apiVersion: 'access.smi-spec.io/v1alpha3',
      kind: 'TrafficTarget',
      metadata: { name },
      spec,
    }
    await mustRun('kubectl', ['create', '-n', 'default', '-f', '-'], { env, input: JSON.stringify(object) })
    await refusedAsStale(/custom resources of traffictargets/)
    await kubectl('delete', 'traffictarget', name, '-n', 'default')
  })

  it('does just what was planned', async () => {
    const kept = await customResources(env)
    const before = await everyObject(env)
    const ran = await meshUpgrade('apply', file, '--yes', ...again, '-o', 'json')
    assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
    const outcome = JSON.parse(ran.stdout) as UpgradeOutcome
    assert.deepEqual([outcome.result, outcome.verdict?.outcome], ['upgraded', 'pass'])
    assert.ok(!ran.stdout.includes(given) && !ran.stderr.includes(given))
    const values = JSON.parse(
      await mustRun('helm3', ['get', 'values', 'osm', '-n', 'osm-system', '-o', 'json'], { env }),
    ) as { OpenServiceMesh: Record<string, unknown> }
    assert.deepEqual(values.OpenServiceMesh['vault'], { token: given })
    assert.deepEqual(values.OpenServiceMesh['osmController'], {
      podLabels: { team: 'platform', tier: 'mesh' },
    })
    assert.equal((await customResources(env)).size, kept.size)
    assert.deepEqual(outsidePlan(touched(before, await everyObject(env))), [])
  })

  it('is refused once it was executed', async () => {
    await refusedAsStale(/the release is at revision 2, was at 1/)
  })
})
