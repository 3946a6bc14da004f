/**
 * What helm cannot upgrade by itself, with both majors on a real control plane: an object that is there already,
 * and fields that cannot be changed. Refused and untouched without consent; whole with it; whole again after a
 * rollback. The tests build on one another.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { UpgradeOutcome } from '../../src/model/outcome.js'
import type { UpgradePlan } from '../../src/model/plan.js'
import { startBed, type Bed } from '../bed/start.js'
import { everyObject, touched, type StoredObject } from '../support/cluster-state.js'
import { installPlugin } from '../support/mesh-on-bed.js'
import { mustRun, runProgram, type Ran } from '../support/run-program.js'

const charts = fileURLToPath(new URL('../charts/remedies', import.meta.url))
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The bed provisions none. */
function volume(name: string): object {
  return {
    ...{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name } },
    spec: {
      ...{ capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: 'none' },
      hostPath: { path: `/volumes/${name}` },
    },
  }
}

describe("what stands in helm's way", function () {
  this.timeout(120_000)
  let bed: Bed
  let env: Record<string, string>

  before(async () => {
    bed = await startBed()
    // The folder of plugins belongs to the bed; which helm is meant is said for each call.
    env = installPlugin({ bed, env: bed.env } as Parameters<typeof installPlugin>[0])
  })
  after(() => bed?.stop())

  for (const helm of ['helm3', 'helm4'] as const) {
    describe(`with ${helm}`, () => {
      const place = `remedies-${helm}`
      const ids = [
        `adopt:ConfigMap/${place}/settings`,
        `recreate:Deployment/${place}/web`,
        `recreate:RoleBinding/${place}/web`,
        `recreate:StatefulSet/${place}/store`,
      ]
      const accepted = ids.flatMap((id) => ['--accept', id])
      let found: Map<string, StoredObject>

      const program = (...words: string[]): Promise<Ran> =>
        runProgram('kubectl', ['mesh-upgrade', ...words, '-n', place, '-o', 'json'], {
          env: { ...env, HELM_BIN: helm },
        })
      const upgrade = (...words: string[]): Promise<Ran> =>
        program('upgrade', 'app', join(charts, '2.0.0'), '--on-failure', 'stop', ...words)
      const kubectl = (...words: string[]): Promise<string> =>
        mustRun('kubectl', [...words, '-n', place], { env })
      const objects = async (): Promise<Map<string, StoredObject>> =>
        new Map([...(await everyObject(env))].filter(([name]) => name.includes(` ${place}/`)))
      const one = (all: Map<string, StoredObject>, name: string): StoredObject | undefined =>
        [...all].find(([key]) => key.endsWith(name.replace('/', ` ${place}/`)))?.[1]
      const podNames = (all: Map<string, StoredObject>): string[] =>
        [...all.values()].filter(({ kind }) => kind === 'Pod').map(({ metadata }) => metadata.name)

      before(async () => {
        await mustRun('kubectl', ['create', 'namespace', place], { env })
        const volumes = ['a', 'b'].map((name) => volume(`${helm}-${name}`))
        const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: volumes })
        await mustRun('kubectl', ['create', '-f', '-'], { env, input })
        const words = ['install', 'app', join(charts, '1.0.0'), '-n', place, '--wait', '--timeout', '30s']
        await mustRun(helm, words, { env })
        await kubectl(
          'create',
          'configmap',
          'settings',
          '--from-literal=colour=red',
          '--from-literal=own=mine',
        )
        await pause(500)
        found = await objects()
      })

      it('refuses, names each with its consent, and touches nothing', async () => {
        const ran = await upgrade('--yes')
        assert.equal(ran.exitCode, 3, ran.stdout + ran.stderr)
        const { plan } = JSON.parse(ran.stdout) as UpgradeOutcome
        const errors = plan.findings.filter(({ severity }) => severity === 'error')
        assert.deepEqual(
          errors.map(({ code, remedy }) => [code, remedy?.consent]).sort(),
          [...ids.map((id) => [id.startsWith('adopt') ? 'MU405' : 'MU406', id]), ['MU406', undefined]].sort(),
        )
        const claim = errors.find(({ remedy }) => remedy?.consent === undefined)
        assert.match(claim?.message ?? '', /PersistentVolumeClaim .*data/)
        assert.deepEqual(touched(found, await objects()), [])
      })

      it('never offers what holds data, whatever is accepted', async () => {
        const id = `recreate:PersistentVolumeClaim/${place}/data`
        const ran = await upgrade('--yes', ...accepted, '--accept', id)
        assert.equal(ran.exitCode, 3, ran.stdout + ran.stderr)
        const { plan } = JSON.parse(ran.stdout) as UpgradeOutcome
        const note = plan.findings.find(({ code }) => code === 'MU607')
        assert.match(note?.message ?? '', /PersistentVolumeClaim/)
        assert.deepEqual(touched(found, await objects()), [])
      })

      it('shows the steps, and asks for each of them', async () => {
        const words = [join(charts, '2.0.0'), '--set', 'claim=small', ...accepted]
        const ran = await program('plan', 'app', ...words)
        assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
        const plan = JSON.parse(ran.stdout) as UpgradePlan
        assert.deepEqual(
          plan.hops[0]?.steps.map(({ type }) => type),
          [
            ...['backup', 'adopt-objects', 'recreate-objects', 'upgrade-release', 'wait-rollout'],
            ...['remove-orphans', 'verify'],
          ],
        )
        assert.deepEqual(plan.consents.map(({ id }) => id).sort(), [...ids].sort())
        assert.deepEqual(touched(found, await objects()), [])
      })

      it('upgrades with consent: pods are replaced, the volume claim is the same', async () => {
        const ran = await upgrade('--yes', '--set', 'claim=small', ...accepted)
        assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
        const { verdict } = JSON.parse(ran.stdout) as UpgradeOutcome
        assert.equal(verdict?.outcome, 'pass')
        const now = await objects()
        assert.deepEqual(one(now, 'ConfigMap/settings')?.['data'], {
          colour: 'blue',
          own: 'mine',
          size: 'large',
        })
        assert.deepEqual(one(now, 'RoleBinding/web')?.['roleRef'], {
          ...{ apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
        })
        for (const claim of ['data', 'disk-store-0']) {
          const name = `PersistentVolumeClaim/${claim}`
          assert.equal(one(now, name)?.metadata.uid, one(found, name)?.metadata.uid, name)
        }
        const webs = podNames(now).filter((name) => name.startsWith('web-'))
        assert.equal(webs.length, 2, webs.join())
        assert.ok(webs.every((name) => !podNames(found).includes(name)))
      })

      it('rolls back: objects are as they were, what was not of the release is there and nobody owns it', async () => {
        const ran = await program('rollback', 'app', '--yes')
        assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
        const now = await objects()
        const [before, after] = [found, now].map((all) => one(all, 'ConfigMap/settings'))
        const { uid, labels, annotations } = after?.metadata as StoredObject['metadata'] & {
          annotations?: object
        }
        assert.deepEqual([after?.['data'], labels, annotations], [before?.['data'], undefined, undefined])
        assert.equal(uid, before?.metadata.uid)
        for (const name of ['Deployment/web', 'StatefulSet/store', 'RoleBinding/web']) {
          const content = (all: Map<string, StoredObject>): unknown[] => {
            const object = one(all, name)
            return [object?.spec, object?.['roleRef']]
          }
          assert.deepEqual(content(now), content(found), name)
        }
        const disk = 'PersistentVolumeClaim/disk-store-0'
        assert.equal(one(now, disk)?.metadata.uid, one(found, disk)?.metadata.uid)
        const webs = podNames(now).filter((name) => name.startsWith('web-'))
        assert.equal(webs.length, 2, webs.join())
        // Also the set of the newer version has an owner again: a Deployment keeps it as its history.
        const orphans = [...now.values()].filter(
          ({ kind, metadata }) => kind === 'ReplicaSet' && !('ownerReferences' in metadata),
        )
        assert.deepEqual(orphans, [])
      })
    })
  }
})
