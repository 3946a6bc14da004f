/**
 * The guide's trouble with CRDs, made with plain helm on a real control plane and mended by `--troubleshoot --fix`:
 * CRDs in place or deleted and made again, the controller restarted, all custom resources as before.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { UpgradeOutcome } from '../../src/model/outcome.js'
import type { UpgradePlan } from '../../src/model/plan.js'
import type { Diagnosis } from '../../src/model/rollout.js'
import { setWantedKinds } from '../bed/actors/osm-wants.js'
import { eventually } from '../bed/support.js'
import { customResources, everyObject, touched } from '../support/cluster-state.js'
import { chartsFolder, installPlugin, meshOnBed, type MeshOnBed } from '../support/mesh-on-bed.js'
import { contents, differing } from '../support/recreated.js'
import { mustRun, runProgram, type Ran } from '../support/run-program.js'

const chart = join(chartsFolder, '0.9.2')
const place = ['-n', 'osm-system']
const targets = 'traffictargets.access.smi-spec.io'
const splits = 'trafficsplits.split.smi-spec.io'
const fix = ['--troubleshoot', '--fix', 'osm', ...place]

interface Version {
  name: string
  served: boolean
  storage: boolean
}

for (const helm of ['helm3', 'helm4'] as const) {
  describe(`mending CRDs that are out of step, ${helm}`, function () {
    this.timeout(120_000)
    let mesh: MeshOnBed
    let env: Record<string, string>
    let kept: Map<string, string>
    let revision = 0

    before(async () => {
      mesh = await meshOnBed({ helm, chart, policies: 40 })
      env = installPlugin(mesh)
      setWantedKinds(mesh.bed, [{ crd: targets, kind: 'TrafficTarget', version: 'v1alpha3' }])
      kept = await contents(env)
      assert.ok(kept.size >= 40, `${kept.size} custom resources`)
    })

    after(() => mesh?.stop())

    const meshUpgrade = (...words: string[]): Promise<Ran> =>
      runProgram('kubectl', ['mesh-upgrade', ...words], { env })

    async function changeVersions(crd: string, change: (versions: Version[]) => unknown[]): Promise<void> {
      const now = JSON.parse(await mustRun('kubectl', ['get', 'crd', crd, '-o', 'json'], { env })) as {
        spec: { versions: Version[] }
      }
      const patch = JSON.stringify({ spec: { versions: change(now.spec.versions) } })
      await mustRun('kubectl', ['patch', 'crd', crd, '--type', 'merge', '-p', patch], { env })
    }

    /** The CRD serves an older version, as before an upgrade, and helm rolls out a controller that asks for the new one. */
    async function makeTrouble(): Promise<void> {
      await changeVersions(targets, (versions) =>
        versions.map((each) => ({ ...each, served: each.name === 'v1alpha2' })),
      )
      revision += 1
      const label = `OpenServiceMesh.osmController.podLabels.try=t${revision}`
      const words = ['upgrade', 'osm', chart, ...place, '--reuse-values', '--set', label]
      const ran = await runProgram(helm, [...words, '--wait', '--timeout', '3s'], { env })
      assert.notEqual(ran.exitCode, 0, 'helm should have waited in vain')
      await eventually(async () => {
        const { stdout } = await meshUpgrade('--troubleshoot', '-o', 'json')
        assert.equal((JSON.parse(stdout) as Diagnosis).findings[0]?.code, 'MU702', stdout)
      })
    }

    async function assertWhole(outcome: UpgradeOutcome): Promise<void> {
      assert.equal(outcome.result, 'repaired')
      assert.deepEqual(differing(kept, await contents(env)), [])
      const status = ['rollout', 'status', 'deployment/osm-controller', ...place, '--timeout', '1s']
      await mustRun('kubectl', status, { env })
      const told = await meshUpgrade('--troubleshoot', '-o', 'json')
      assert.equal(told.exitCode, 0, told.stdout)
      // helm does not look again at what it recorded as failed.
      const codes = (JSON.parse(told.stdout) as Diagnosis).findings.map(({ code }) => code)
      assert.deepEqual(codes, ['MU707'])
    }

    if (helm === 'helm4') {
      // What does not depend on helm is seen with helm 3.
      it('ends with the rollout complete and all custom resources as before', async () => {
        await makeTrouble()
        const ran = await meshUpgrade(...fix, '--yes', '-o', 'json')
        assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
        await assertWhole(JSON.parse(ran.stdout) as UpgradeOutcome)
      })
      return
    }

    it('has nothing to do for a mesh that is whole', async () => {
      const untouched = await everyObject(env)
      const ran = await meshUpgrade(...fix, '--yes')
      assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
      assert.deepEqual(touched(untouched, await everyObject(env)), [])
    })

    it('shows what it would do, and changes nothing when it is not consented to', async () => {
      await makeTrouble()
      const untouched = await everyObject(env)
      const shown = await meshUpgrade(...fix, '--dry-run', '-o', 'json')
      assert.equal(shown.exitCode, 0, shown.stderr)
      const { steps, crds } = (JSON.parse(shown.stdout) as UpgradePlan).hops[0]!
      assert.deepEqual(
        steps.map(({ type }) => type),
        ['backup', 'apply-crds', 'restart-workloads', 'wait-rollout', 'verify'],
      )
      assert.deepEqual(
        crds.filter(({ action }) => action === 'update').map(({ name }) => name),
        [targets],
      )
      assert.equal((await meshUpgrade(...fix)).exitCode, 4)
      const after = await everyObject(env)
      const isNews = (name: string): boolean => !/ (Pod|Deployment|ReplicaSet) /.test(name)
      assert.deepEqual(touched(untouched, after).filter(isNews), [])
    })

    it('brings the CRD to the version of the release in place and ends with the rollout complete', async () => {
      const identical = await customResources(env)
      const ran = await meshUpgrade(...fix, '--yes', '-o', 'json')
      assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
      const outcome = JSON.parse(ran.stdout) as UpgradeOutcome
      console.log(`        mended in ${outcome.elapsedMs} ms, ${kept.size} custom resources identical`)
      await assertWhole(outcome)
      const same = await customResources(env)
      for (const [name, text] of identical)
        if (!/TrafficTarget/.test(name)) assert.equal(same.get(name), text)
    })

    it('deletes and makes again only what the server does not take in place, behind its own consent', async () => {
      await storeElsewhere()
      await makeTrouble()
      const declined = await meshUpgrade(...fix, '--yes')
      assert.equal(declined.exitCode, 4, declined.stdout + declined.stderr)
      assert.match(declined.stderr, /--accept recreate-crds/)
      const { stdout } = await meshUpgrade(...fix, '--dry-run', '-o', 'json')
      const actions = (JSON.parse(stdout) as UpgradePlan).hops[0]?.crds.map(({ name, action }) => [
        name,
        action,
      ])
      const changed = actions?.filter(([, action]) => action !== 'none')
      assert.deepEqual(changed, [
        [splits, 'recreate'],
        [targets, 'update'],
      ])
    })

    it('killed while custom resources are away, is mended by the same command', async () => {
      const words = [...fix, '--yes', '--accept', 'recreate-crds']
      const child = spawn('kubectl-mesh_upgrade', words, { env: { ...process.env, ...env } })
      child.stdout.resume()
      let told = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        told += text
        if (/create \d CRDs? and wait until they are served/.test(told)) child.kill('SIGKILL')
      })
      await once(child, 'close')
      assert.match(told, /crds restore \S+/)
      assert.ok(differing(kept, await contents(env)).length > 0, 'nothing was away: killed too late')
      const ran = await meshUpgrade(...fix, '--yes', '-o', 'json')
      assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
      const outcome = JSON.parse(ran.stdout) as UpgradeOutcome
      console.log(
        `        away for ${outcome.resourcesAway?.ms} ms, ${outcome.resourcesAway?.objects} objects`,
      )
      assert.ok((outcome.resourcesAway?.objects ?? 0) > 0)
      await assertWhole(outcome)
    })

    it('says of another cause that it is not for it to mend, with the command that helps', async () => {
      const tag = ['--set', 'OpenServiceMesh.image.tag=v0.10.0']
      await mustRun(helm, ['upgrade', 'osm', chart, ...place, '--reuse-values', ...tag], { env })
      await eventually(async () => {
        const { exitCode, stdout, stderr } = await meshUpgrade(...fix, '--yes')
        assert.equal(exitCode, 3, stdout)
        assert.match(stdout, /MU703[\s\S]*--set[\s\\]+OpenServiceMesh\.image\.tag=v0\.9\.2/)
        assert.match(stderr, /--fix does nothing/)
      })
    })

    /** Objects may be stored in a version that the chart's CRD does not have: the server refuses it in place. */
    async function storeElsewhere(): Promise<void> {
      await changeVersions(splits, (versions) => {
        const served = versions.find(({ name }) => name === 'v1alpha2')!
        const others = versions.map((each) => ({ ...each, storage: false }))
        return [...others, { ...served, name: 'v1alpha9', served: false, storage: true }]
      })
    }
  })
}
