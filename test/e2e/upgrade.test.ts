/**
 * The main job on a real control plane with both real helms: a mesh with a private registry, a pinned tag,
 * changed settings and 200 custom resources goes from 0.9.2 to 0.10.0. The tests of a suite build on one another.
 */
import assert from 'node:assert/strict'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { UpgradeOutcome } from '../../src/model/outcome.js'
import type { UpgradePlan } from '../../src/model/plan.js'
import { customResources, differing, everyObject, touched } from '../support/cluster-state.js'
import {
  addRepository,
  chartsFolder,
  installPlugin,
  meshOnBed,
  notesFolder,
  outsidePlan,
  type Helm,
  type MeshOnBed,
} from '../support/mesh-on-bed.js'
import { mustRun, runProgram, type Ran } from '../support/run-program.js'

const secret = 's3cr3t-vault-token'
const notes = ['--release-notes', notesFolder]

for (const helm of ['helm3', 'helm4'] satisfies Helm[]) {
  describe(`upgrading 0.9.2 → 0.10.0 with ${helm}`, function () {
    this.timeout(180_000)
    let mesh: MeshOnBed
    let env: Record<string, string>
    let kept: Map<string, string>
    let repository: { close(): Promise<void> }

    const meshUpgrade = (...words: string[]): Promise<Ran> =>
      runProgram('kubectl', ['mesh-upgrade', ...words], { env })
    const helmValues = async (): Promise<{ OpenServiceMesh: Record<string, Record<string, unknown>> }> =>
      JSON.parse(
        await mustRun(helm, ['get', 'values', 'osm', '-n', 'osm-system', '-o', 'json'], { env }),
      ) as never

    before(async () => {
      mesh = await meshOnBed({ helm, chart: join(chartsFolder, '0.9.2') })
      repository = await addRepository(mesh, ['0.9.2', '0.10.0', '0.11.1'])
      env = installPlugin(mesh)
      kept = await customResources(env)
      assert.ok(kept.size >= 200, `${kept.size} custom resources`)
    })

    after(async () => {
      await repository?.close()
      await mesh?.stop()
    })

    it('plans without touching a single object, with plan and with --dry-run', async () => {
      const untouched = await everyObject(env)
      const planned = await meshUpgrade('plan', ...notes, '-o', 'json')
      assert.equal(planned.exitCode, 0, planned.stderr)
      const dryRun = await meshUpgrade('--dry-run', ...notes)
      assert.equal(dryRun.exitCode, 0, dryRun.stderr)
      assert.deepEqual(touched(untouched, await everyObject(env)), [])
      const plan = JSON.parse(planned.stdout) as UpgradePlan
      assert.deepEqual([plan.verdict, plan.to.chartVersion], ['ready', '0.10.0'])
    })

    it('shows what becomes of every value, and no secret', async () => {
      const { stdout } = await meshUpgrade('plan', ...notes, '-o', 'json')
      const edits = (JSON.parse(stdout) as UpgradePlan).hops[0]?.releases[0]?.values.edits ?? []
      const actions = Object.fromEntries(
        edits.map(({ path, action }) => [path.replace('OpenServiceMesh.', ''), action]),
      )
      assert.deepEqual(actions, {
        'image.registry': 'carried',
        'image.tag': 'reset',
        enablePermissiveTrafficPolicy: 'carried',
        certificateManager: 'renamed',
        'osmController.podLabels.team': 'carried',
        'vault.token': 'carried',
      })
      assert.ok(!stdout.includes(secret))
    })

    it('shows release notes, chart and live cluster side by side', async () => {
      const { stdout } = await meshUpgrade('plan', ...notes, '-o', 'json')
      const crds = (JSON.parse(stdout) as UpgradePlan).hops[0]?.crds ?? []
      const actions = new Map(crds.map(({ name, action }) => [name.split('.')[0], action]))
      assert.equal(actions.get('meshconfigs'), 'update')
      assert.equal(actions.get('ingressbackends'), 'create')
      assert.equal(actions.get('multiclusterservices'), 'create')
      assert.equal(actions.get('traffictargets'), 'none')
      assert.equal(crds.find(({ name }) => name.startsWith('meshconfigs'))?.releaseNotes, 'changed')
    })

    it('does nothing without a terminal and without --yes', async () => {
      const untouched = await everyObject(env)
      const asked = await meshUpgrade(...notes)
      assert.equal(asked.exitCode, 4, asked.stderr)
      assert.deepEqual(touched(untouched, await everyObject(env)), [])
    })

    it('finds mesh and target by itself and upgrades', async () => {
      const untouched = await everyObject(env)
      const ran = await meshUpgrade('--yes', ...notes, '-o', 'json')
      assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
      const outcome = JSON.parse(ran.stdout) as UpgradeOutcome
      assert.deepEqual([outcome.result, outcome.verdict?.outcome], ['upgraded', 'pass'])
      assert.ok(!ran.stdout.includes(secret) && !ran.stderr.includes(secret))
      checkRunFolder(outcome)
      assert.deepEqual(outsidePlan(touched(untouched, await everyObject(env))), [])
    })

    it('kept the registry, reset the tag, carried the rest', async () => {
      const { OpenServiceMesh: values } = await helmValues()
      assert.deepEqual(values['image'], { registry: 'registry.example.com/mesh' })
      assert.deepEqual(values['certificateProvider'], { kind: 'tresor' })
      assert.equal(values['enablePermissiveTrafficPolicy'], true)
      assert.deepEqual(values['vault'], { token: secret })
      const images = await mustRun(
        'kubectl',
        ['get', 'deploy', '-n', 'osm-system', '-o', 'jsonpath={..image}'],
        { env },
      )
      assert.match(images, /registry\.example\.com\/mesh\/osm-controller:v0\.10\.0/)
      assert.ok(!images.includes('v0.9.2'))
    })

    it('kept every custom resource: the same object with the same content', async () => {
      const now = await customResources(env)
      assert.deepEqual(differing(kept, now), [])
    })

    it('has nothing left to do at the same version, and says so with exit code 0', async () => {
      const again = await meshUpgrade('--to', '0.10.0', '--yes', ...notes)
      assert.equal(again.exitCode, 0, again.stderr)
      assert.match(again.stdout, /nothing to do/i)
      const history = await mustRun(helm, ['history', 'osm', '-n', 'osm-system', '-o', 'json'], { env })
      assert.equal((JSON.parse(history) as unknown[]).length, 2)
    })

    it('upgrades the same version when a value changes', async () => {
      const ran = await meshUpgrade(
        '--to',
        '0.10.0',
        '--set',
        'OpenServiceMesh.osmController.replicaCount=2',
        '--yes',
        ...notes,
      )
      assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
      const { OpenServiceMesh: values } = await helmValues()
      assert.equal(values['osmController']?.['replicaCount'], 2)
      const ready = [
        'get',
        'deploy',
        'osm-controller',
        '-n',
        'osm-system',
        '-o',
        'jsonpath={.status.readyReplicas}',
      ]
      assert.equal(await mustRun('kubectl', ready, { env }), '2')
    })

    it('refuses another meshName and a downgrade, and changes nothing', async () => {
      const untouched = await everyObject(env)
      const renamed = await meshUpgrade(
        '--to',
        '0.10.0',
        '--set',
        'OpenServiceMesh.meshName=other',
        '--yes',
        ...notes,
      )
      assert.equal(renamed.exitCode, 3, renamed.stdout)
      const older = await meshUpgrade('--to', '0.9.2', '--yes', ...notes)
      assert.equal(older.exitCode, 3, older.stdout)
      assert.deepEqual(touched(untouched, await everyObject(env)), [])
    })

    it('answers status, verify and values', async () => {
      for (const command of ['status', 'verify', 'values']) {
        const ran = await meshUpgrade(command)
        assert.equal(ran.exitCode, 0, `${command}: ${ran.stdout}${ran.stderr}`)
        assert.ok(!ran.stdout.includes(secret))
      }
    })

    it('leaves no lock behind', async () => {
      const lease = await runProgram('kubectl', ['get', 'lease', 'mesh-upgrade.osm', '-n', 'osm-system'], {
        env,
      })
      assert.match(lease.stderr, /NotFound|not found/)
      const phase = [
        'get',
        'configmap',
        'mesh-upgrade.osm',
        '-n',
        'osm-system',
        '-o',
        'jsonpath={.data.phase}',
      ]
      assert.equal(await mustRun('kubectl', phase, { env }), 'Succeeded')
    })
  })
}

/** Plan, journal and backup are there, readable by the user alone, and hold no secret outside the backup. */
function checkRunFolder(outcome: UpgradeOutcome): void {
  const folder = outcome.run?.folder ?? ''
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file))
  for (const file of files) assert.equal(statSync(file).mode & 0o077, 0, file)
  const journal = readFileSync(join(folder, 'journal.ndjson'), 'utf8').trim().split('\n')
  assert.ok(journal.length >= 10)
  const mayHold = (file: string): boolean => /(values\.yaml|release\.ndjson|inputs\.json)$/.test(file)
  const others = files.filter((file) => statSync(file).isFile() && !mayHold(file))
  for (const file of others) assert.ok(!readFileSync(file, 'utf8').includes(secret), file)
}
