/**
 * The guide's cleanup flow on a real control plane: 200 custom resources are deleted with their CRDs and made
 * again, all of them identical; also where the program is killed in the middle. The tests build on one another.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { UpgradeOutcome } from '../../src/model/outcome.js'
import type { UpgradePlan } from '../../src/model/plan.js'
import { changedCrds, described, requireOwner } from '../support/changed-crds.js'
import { everyObject, touched } from '../support/cluster-state.js'
import {
  chartsFolder,
  installPlugin,
  meshOnBed,
  notesFolder,
  type MeshOnBed,
} from '../support/mesh-on-bed.js'
import {
  compareMetadata,
  contents,
  createAll,
  differing,
  find,
  hostileObjects,
  ownedObjects,
  silentWebhook,
} from '../support/recreated.js'
import { mustRun, runProgram, type Ran } from '../support/run-program.js'

const accepted = ['--accept', 'recreate-crds', '--accept', 'set:meshconfigs.certKeyBitSize']
const recreatedCrds = 6
const crdFolder = join(chartsFolder, '0.10.0', 'crds')

describe('upgrading with --crds recreate', function () {
  this.timeout(180_000)
  let mesh: MeshOnBed
  let env: Record<string, string>
  let kept: Map<string, string>
  let words: string[]

  const meshUpgrade = (...args: string[]): Promise<Ran> =>
    runProgram('kubectl', ['mesh-upgrade', ...args], { env })
  const kubectl = (...args: string[]): Promise<string> => mustRun('kubectl', args, { env })
  const upgradeWords = (crdsFrom: string, ...more: string[]): string[] => [
    ...['osm', join(chartsFolder, '0.10.0'), '-n', 'osm-system', '--release-notes', notesFolder],
    ...['--crds', 'recreate', '--crds-from', crdsFrom, ...more],
  ]

  before(async () => {
    mesh = await meshOnBed({ helm: 'helm3', chart: join(chartsFolder, '0.9.2') })
    env = installPlugin(mesh)
    await createAll(mesh, hostileObjects())
    kept = await contents(env)
    assert.ok(kept.size >= 200, `${kept.size} custom resources`)
    const folder = join(mesh.bed.dir, 'crds-1')
    words = upgradeWords(changedCrds(crdFolder, folder, described('first')))
  })

  after(() => mesh?.stop())

  it('plans the flow of the guide, with its interruption, its own consent and the missing field', async () => {
    const untouched = await everyObject(env)
    const { stdout, stderr, exitCode } = await meshUpgrade('plan', ...words, '-o', 'json')
    assert.equal(exitCode, 0, stderr)
    const plan = JSON.parse(stdout) as UpgradePlan
    const types = plan.hops[0]?.steps.map(({ type }) => type) ?? []
    assert.deepEqual(types.slice(0, 5), [
      ...['backup', 'delete-crds', 'apply-crds', 'restore-resources', 'upgrade-release'],
    ])
    const recreated = plan.hops[0]?.crds.filter(({ action }) => action === 'recreate') ?? []
    assert.equal(recreated.length, recreatedCrds)
    assert.deepEqual(
      plan.consents.map(({ id }) => id),
      ['recreate-crds', 'set:meshconfigs.certKeyBitSize'],
    )
    assert.match(plan.impact.lines.join('\n'), /are away from the first deletion/)
    assert.ok(!plan.impact.lines.some((line) => line.includes('not interrupted')))
    assert.deepEqual(
      plan.findings.filter(({ code }) => ['MU211', 'MU213', 'MU214', 'MU215', 'MU216'].includes(code)),
      [],
    )
    const edit = plan.findings.find(({ code }) => code === 'MU212')
    assert.deepEqual(
      [edit?.object?.name, edit?.field],
      ['osm-mesh-config', '.spec.certificate.certKeyBitSize'],
    )
    assert.deepEqual(touched(untouched, await everyObject(env)), [])
  })

  it('is declined with --yes alone', async () => {
    const untouched = await everyObject(env)
    const ran = await meshUpgrade(...words, '--yes')
    assert.equal(ran.exitCode, 4, ran.stdout + ran.stderr)
    assert.match(ran.stderr, /--accept recreate-crds/)
    assert.deepEqual(touched(untouched, await everyObject(env)), [])
  })

  it('refuses an object that the new CRD would refuse, before anything is deleted', async () => {
    const folder = changedCrds(crdFolder, join(mesh.bed.dir, 'crds-strict'), requireOwner)
    const { stdout, exitCode } = await meshUpgrade(
      ...upgradeWords(folder),
      '--yes',
      ...accepted,
      '-o',
      'json',
    )
    assert.equal(exitCode, 3)
    const { findings } = (JSON.parse(stdout) as UpgradeOutcome).plan
    const refused = findings.filter(({ code }) => code === 'MU211')
    assert.ok(refused.length > 10, `${refused.length}`)
    assert.deepEqual([refused[0]?.field, refused[0]?.object?.kind], ['.spec.owner', 'TrafficSplit'])
  })

  it('refuses to delete what owns other objects: the garbage collector would take them', async () => {
    const { metadata } = find(await everyObject(env), 'TrafficTarget', 'traffictarget-0') ?? {}
    const { uid = '', name = '', namespace = '' } = metadata ?? {}
    const owner = { apiVersion: 'access.smi-spec.io/v1alpha3', kind: 'TrafficTarget', name, uid }
    const owned = { name: 'owned', namespace, ownerReferences: [owner] }
    await createAll(mesh, JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: owned }))
    const { stdout, exitCode } = await meshUpgrade('plan', ...words, '-o', 'json')
    await kubectl('delete', 'configmap', 'owned', '-n', namespace)
    assert.equal(exitCode, 3)
    const found = (JSON.parse(stdout) as UpgradePlan).findings.filter(({ code }) => code === 'MU215')
    assert.deepEqual(
      found.map(({ severity, evidence }) => [severity, ...evidence]),
      [['error', `ConfigMap ${namespace}/owned`]],
    )
  })

  it('killed right after the deletion, is put back by the printed command', async () => {
    const { stderr } = await killedAway(['upgrade', ...words, '--yes', ...accepted])
    const command = /crds restore (\S+)/.exec(stderr)?.[1] ?? ''
    assert.ok(existsSync(join(command, 'index.json')), stderr)
    const now = await contents(env)
    assert.ok(differing(kept, now).length > 0, 'nothing was away: killed too late')
    const status = await meshUpgrade('status', 'osm', '-n', 'osm-system')
    assert.match(status.stdout, /custom resources were deleted at \S+, and not made again by this run/)
    // The folder of all hops, which the error for a damaged journal prints, will do as well.
    const shown = await meshUpgrade('crds', 'restore', dirname(command), '--dry-run', '-o', 'json')
    assert.equal((JSON.parse(shown.stdout) as { crds: unknown[] }).crds.length, recreatedCrds)
    const restored = await meshUpgrade('crds', 'restore', command, '--yes', '-o', 'json')
    assert.equal(restored.exitCode, 0, restored.stdout + restored.stderr)
    assert.deepEqual(differing(kept, await contents(env)), [])
  })

  it('is resumed, and ends with all back and identical, the interruption measured', async () => {
    const ran = await meshUpgrade('resume', 'osm', '-n', 'osm-system', '-o', 'json')
    assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
    const outcome = JSON.parse(ran.stdout) as UpgradeOutcome
    assert.deepEqual([outcome.result, outcome.verdict?.outcome], ['upgraded', 'pass'])
    assert.equal(outcome.resourcesAway?.objects, kept.size)
    assert.match(ran.stderr, /custom resources were away for \d+\.\d s/)
    assert.deepEqual(differing(kept, await contents(env)), [])
    const bits = [
      'get',
      'meshconfig',
      'osm-mesh-config',
      '-n',
      'osm-system',
      '-o',
      'jsonpath={..certKeyBitSize}',
    ]
    assert.equal(await kubectl(...bits), '2048')
  })

  it('runs through, with labels, status, owners and finalizers as they were', async () => {
    const folder = changedCrds(crdFolder, join(mesh.bed.dir, 'crds-2'), described('again'))
    await createAll(mesh, await ownedObjects(env))
    const status = '{"status":{"currentStatus":"committed","reason":"by a test"}}'
    const place = ['ingressbackend', 'with-status', '-n', 'osm-system', '--type=merge']
    await kubectl('patch', ...place, '--subresource=status', '-p', status)
    const before = await everyObject(env)
    const all = await contents(env)
    const ran = await meshUpgrade(...upgradeWords(folder), '--yes', ...accepted, '-o', 'json')
    assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
    const outcome = JSON.parse(ran.stdout) as UpgradeOutcome
    console.log(`      away: ${JSON.stringify(outcome.resourcesAway)}, in all ${outcome.elapsedMs} ms`)
    assert.deepEqual([outcome.result, outcome.verdict?.outcome], ['upgraded', 'pass'])
    assert.deepEqual(differing(all, await contents(env)), [])
    const after = await everyObject(env)
    compareMetadata(before, after)
    const backend = [...after.values()].find(({ kind }) => kind === 'IngressBackend')
    assert.deepEqual(backend?.['status'], { currentStatus: 'committed', reason: 'by a test' })
    const [owner, owned] = ['traffictarget-0', 'owned'].map((name) => find(after, 'TrafficTarget', name))
    const [reference] = (owned?.metadata as unknown as { ownerReferences: { uid: string }[] }).ownerReferences
    assert.equal(reference?.uid, owner?.metadata.uid)
  })

  it('names the object and the finalizer that hold a deletion, and goes on when it is let go', async () => {
    const held = [
      'traffictarget',
      'traffictarget-0',
      '-n',
      find(await everyObject(env), 'TrafficTarget', 'traffictarget-0')?.metadata.namespace ?? '',
    ]
    const patch = (finalizers: string): Promise<string> =>
      kubectl('patch', ...held, '--type=merge', '-p', `{"metadata":{"finalizers":${finalizers}}}`)
    await patch('["example.com/hold"]')
    const folder = changedCrds(crdFolder, join(mesh.bed.dir, 'crds-3'), described('third'))
    const stalled = await meshUpgrade(...upgradeWords(folder), '--yes', ...accepted, '--timeout', '5s')
    assert.equal(stalled.exitCode, 8, stalled.stdout + stalled.stderr)
    assert.match(
      stalled.stdout,
      /TrafficTarget\s+\S+traffictarget-0\s+has\s+the\s+finalizer\s+example\.com\/hold/,
    )
    await patch('null')
    const resumed = await meshUpgrade('resume', 'osm', '-n', 'osm-system')
    assert.equal(resumed.exitCode, 0, resumed.stdout + resumed.stderr)
    const again = find(await everyObject(env), 'TrafficTarget', 'traffictarget-0')
    assert.deepEqual((again?.metadata as { finalizers?: string[] }).finalizers, ['example.com/hold'])
    await patch('null')
  })

  it('names the webhook that lets nothing pass, and is rolled back when it is gone', async () => {
    await createAll(mesh, silentWebhook)
    const all = await contents(env)
    const folder = changedCrds(crdFolder, join(mesh.bed.dir, 'crds-4'), described('fourth'))
    const stalled = await meshUpgrade(...upgradeWords(folder), '--yes', ...accepted, '--timeout', '4s')
    assert.equal(stalled.exitCode, 8, stalled.stdout + stalled.stderr)
    assert.match(stalled.stdout, /webhook\s+silent\.example\.com\s+does\s+not\s+answer/)
    assert.match(stalled.stdout, /crds restore /)
    const away = differing(all, await contents(env))
    assert.ok(away.length > 10 && away.every((name) => name.startsWith('trafficsplits.')), away.join())
    await kubectl('delete', 'validatingwebhookconfiguration', 'silent')
    const back = await meshUpgrade('rollback', 'osm', '-n', 'osm-system', '--yes')
    assert.equal(back.exitCode, 0, back.stdout + back.stderr)
    assert.deepEqual(differing(all, await contents(env)), [])
    const description = ['get', 'crd', 'trafficsplits.split.smi-spec.io', '-o', 'jsonpath={..description}']
    assert.doesNotMatch(await kubectl(...description), /fourth/)
  })

  it('compares and backs up CRDs on their own', async () => {
    const diff = await meshUpgrade('crds', 'diff', ...words, '--detailed-exitcode', '-o', 'json')
    assert.equal(diff.exitCode, 2, diff.stderr)
    const groups = ['--group', 'access.smi-spec.io', '--group', 'split.smi-spec.io']
    const folder = join(mesh.bed.dir, 'kept')
    const backedUp = await meshUpgrade('crds', 'backup', ...groups, '--to', folder, '-o', 'json')
    assert.equal(backedUp.exitCode, 0, backedUp.stderr)
    const again = await meshUpgrade('crds', 'backup', 'osm', '--to', folder)
    assert.equal(again.exitCode, 1, again.stdout)
    const all = await contents(env)
    await kubectl('delete', 'crd', 'trafficsplits.split.smi-spec.io')
    const target = ['traffictarget', 'traffictarget-0', '-n', 'bookstore']
    await kubectl('annotate', ...target, '--overwrite', 'changed=yes')
    const shown = await meshUpgrade('crds', 'restore', folder, '--dry-run')
    assert.equal(shown.exitCode, 0, shown.stderr)
    assert.equal((await meshUpgrade('crds', 'restore', folder)).exitCode, 4)
    assert.match(shown.stdout, /create\s+trafficsplits/)
    const left = await meshUpgrade('crds', 'restore', folder, '--yes', '-o', 'json')
    assert.equal(left.exitCode, 0, left.stdout + left.stderr)
    assert.equal((JSON.parse(left.stdout) as { left: number }).left, 1)
    assert.deepEqual(differing(all, await contents(env)), [])
    const overwritten = await meshUpgrade('crds', 'restore', folder, '--yes', '--overwrite', '-o', 'json')
    assert.equal((JSON.parse(overwritten.stdout) as { replaced: number }).replaced, 1, overwritten.stderr)
    assert.equal(await kubectl('get', ...target, '-o', 'jsonpath={.metadata.annotations.changed}'), '')
    writeFileSync(join(folder, 'crds.ndjson'), '\n', { flag: 'a' })
    const damaged = await meshUpgrade('crds', 'restore', folder, '--yes')
    assert.equal(damaged.exitCode, 1, damaged.stdout)
  })

  /** Starts the program and kills it once a CRD is gone. */
  async function killedAway(args: readonly string[]): Promise<{ stderr: string }> {
    const child = spawn('kubectl-mesh_upgrade', args, { env: { ...process.env, ...env } })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const ended = once(child, 'close')
    const gone = async (): Promise<boolean> => {
      const crd = await runProgram(
        'kubectl',
        ['get', 'crd', 'traffictargets.access.smi-spec.io', '-o', 'name'],
        { env },
      )
      return crd.exitCode !== 0
    }
    while (child.exitCode === null && !/crds restore/.test(stderr))
      await new Promise((r) => setTimeout(r, 10))
    while (child.exitCode === null && !(await gone())) await new Promise((r) => setTimeout(r, 10))
    child.kill('SIGKILL')
    await ended
    return { stderr }
  }
})
