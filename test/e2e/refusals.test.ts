/**
 * Everything that an upgrade refuses, on a real mesh: what is said, the exit code, one document on stdout,
 * and a cluster in which not one object was touched.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UpgradeOutcome } from '../../src/model/outcome.js'
import type { UpgradePlan } from '../../src/model/plan.js'
import type { ErrorDocument } from '../../src/report/errors.js'
import { ensureBuilt } from '../bed/build.js'
import { everyObject, touched, type StoredObject } from '../support/cluster-state.js'
import {
  addRepository,
  chartsFolder,
  installPlugin,
  meshOnBed,
  type MeshOnBed,
} from '../support/mesh-on-bed.js'
import { blockerCases, errorCases, notes, target, type Places, type Refusal } from './refusal-cases.js'
import {
  changedKubeconfig,
  loginOf,
  onOwnDisk,
  onTerminal,
  olderChart,
  smallChart,
  whyNoOwnDisk,
} from '../support/refusal-tools.js'
import { mustRun, runProgram, type Ran } from '../support/run-program.js'

const read = { apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] }
const crdGroup = 'apiextensions.k8s.io'

describe('what an upgrade refuses', function () {
  this.timeout(180_000)
  const at = {} as Places
  let mesh: MeshOnBed
  let env: Record<string, string>
  let repository: { close(): Promise<void> }
  let untouched: Map<string, StoredObject>
  let folder: string
  let kubectl: string
  let named = ''
  const file = (name: string): string => join(folder, name)

  const meshUpgrade = (words: readonly string[], more: Record<string, string> = {}): Promise<Ran> =>
    runProgram('kubectl', ['mesh-upgrade', ...words], { env: { ...env, ...more } })

  before(async () => {
    mesh = await meshOnBed({ helm: 'helm3', chart: join(chartsFolder, '0.9.2') })
    repository = await addRepository(mesh, ['0.9.2', '0.10.0', '0.11.1'])
    env = installPlugin(mesh)
    kubectl = join(await ensureBuilt(), 'kubectl')
    Object.assign(at, { mesh, kubectl, file })
    folder = join(mesh.bed.dir, 'refusals')
    mkdirSync(folder)
    writeFileSync(file('broken.yaml'), 'a: [b\n c: d')
    writeFileSync(file('text.yaml'), 'hello')
    writeFileSync(file('locked.yaml'), 'a: b')
    chmodSync(file('locked.yaml'), 0)
    writeFileSync(file('no-program'), 'x')
    smallChart(folder, 'other')
    olderChart(file('older'))
    at.refused = await changedKubeconfig(mesh, 'refused.kubeconfig', ({ clusters }) => {
      for (const { cluster } of clusters) cluster['server'] = 'https://127.0.0.1:1'
    })
    at.reader = await loginOf(mesh, 'reader', [read])
    const all = ['*']
    const most = [
      'coordination.k8s.io',
      'rbac.authorization.k8s.io',
      'admissionregistration.k8s.io',
      'apps',
      '',
    ]
    named = await loginOf(mesh, 'named', [
      read,
      { apiGroups: most, resources: all, verbs: all },
      {
        ...{ apiGroups: [crdGroup], resources: ['customresourcedefinitions'], verbs: ['patch'] },
        resourceNames: ['meshconfigs.config.openservicemesh.io'],
      },
    ])
    await leavePending()
    untouched = await everyObject(env)
  })

  after(async () => {
    await repository?.close()
    await mesh?.stop()
  })

  afterEach(async () => {
    assert.deepEqual(touched(untouched, await everyObject(env)), [], 'objects were touched')
  })

  /** A real helm, killed while it waits for a hook. */
  async function leavePending(): Promise<void> {
    const chart = smallChart(folder, 'stuck')
    await mustRun('helm3', ['install', 'stuck', chart, '-n', 'default'], { env })
    const words = ['upgrade', 'stuck', chart, '-n', 'default', '--set', 'hook=true']
    const helm = spawn('helm3', words, { env: { ...process.env, ...env }, stdio: 'ignore' })
    const ended = new Promise((resolve) => helm.on('close', resolve))
    const status = (): Promise<string> =>
      mustRun('helm3', ['list', '-n', 'default', '-a', '-o', 'json'], { env })
    for (let turn = 0; turn < 50 && !(await status()).includes('pending-upgrade'); turn++)
      await new Promise((resolve) => setTimeout(resolve, 100))
    helm.kill('SIGKILL')
    await ended
    assert.match(await status(), /"status":"pending-upgrade"/)
  }

  for (const [title, refusal] of Object.entries(errorCases(at))) {
    it(`refuses ${title}`, () => refuses(refusal))
  }

  async function refuses(refusal: Refusal): Promise<void> {
    const command = [...(refusal.before?.() ?? []), kubectl, 'mesh-upgrade', ...refusal.words(), '-o', 'json']
    const [program = '', ...words] = command
    const ran = await runProgram(program, words, { env: { ...env, ...refusal.env?.() } })
    const document = JSON.parse(ran.stdout) as ErrorDocument
    assert.deepEqual(
      [document.kind, document.code, document.exitCode, ran.exitCode],
      ['Error', refusal.code, refusal.exitCode ?? 1, refusal.exitCode ?? 1],
      ran.stdout + ran.stderr,
    )
    assert.match(document.message, refusal.says)
    assert.match(document.remedy, refusal.helps)
    assert.equal(document.state, 'nothing was changed')
    // The same for a person: one paragraph and what helps.
    const told = ran.stderr.slice(ran.stderr.indexOf('Error: ')).replace(/\s+/g, ' ')
    assert.ok(told.includes('; nothing was changed → '), ran.stderr)
    assert.ok(!/\{\w+\}|undefined|\n {4}at /.test(ran.stderr), ran.stderr)
  }

  describe('for want of room', () => {
    let why: string | undefined
    before(async () => {
      mkdirSync(file('disk'))
      why = await whyNoOwnDisk(file('disk'))
    })

    it('refuses a disk that fills while it backs up, and says so in its record alone', async function () {
      if (why !== undefined) {
        Object.assign(this.test ?? {}, { skipReason: why })
        this.skip()
      }
      // Room for the folders, the plan, the copy of the chart and the journal, but for no file of the backup.
      const inChart = readdirSync(target, { recursive: true }).length
      const [program = '', ...before] = onOwnDisk(file('disk'), `nr_inodes=${17 + inChart}`)
      const words = [...before, kubectl, 'mesh-upgrade', 'osm', target, ...notes, '--yes', '-o', 'json']
      const ran = await runProgram(program, words, { env: { ...env, XDG_STATE_HOME: file('disk') } })
      const { failure, diagnosis } = JSON.parse(ran.stdout) as UpgradeOutcome
      assert.deepEqual([ran.exitCode, failure?.changed, diagnosis], [1, false, undefined], ran.stdout)
      assert.match(failure?.message ?? '', /write \S+backup\/\S+: the disk is full$/)
      assert.match(failure?.remedy ?? '', /Make room/)
      await mustRun('kubectl', ['delete', 'configmap', 'mesh-upgrade.osm', '-n', 'osm-system'], { env })
    })

    for (const [title, options, says] of [
      ['a full disk', 'size=16k', /write \S+: the disk is full$/],
      ['a read-only disk', 'ro', /make the folder of this run, \S+: \S+disk: the disk is read-only$/],
    ] as const) {
      it(`refuses ${title}`, async function () {
        if (why !== undefined) {
          Object.assign(this.test ?? {}, { skipReason: why })
          this.skip()
        }
        await refuses({
          before: () => onOwnDisk(file('disk'), options),
          words: () => ['osm', target, ...notes, '--yes'],
          env: () => ({ XDG_STATE_HOME: file('disk') }),
          code: 'RunFolderUnwritable',
          says,
          helps: /Make room or choose another folder/,
        })
      })
    }
  })

  for (const [title, { words, code, says, helps }] of Object.entries(blockerCases(at))) {
    it(`refuses ${title}`, async () => {
      const ran = await meshUpgrade([...words(), ...notes, '--yes', '-o', 'json'])
      assert.equal(ran.exitCode, 3, ran.stdout + ran.stderr)
      const outcome = JSON.parse(ran.stdout) as UpgradeOutcome & { exitCode: number }
      assert.deepEqual([outcome.result, outcome.exitCode], ['blocked', 3])
      const errors = outcome.plan.findings.filter(({ severity }) => severity === 'error')
      assert.deepEqual([...new Set(errors.map((finding) => finding.code))], [code])
      const [finding] = errors
      assert.match([finding?.message, ...(finding?.evidence ?? [])].join('\n'), says)
      assert.match([finding?.remedy?.text, ...(finding?.remedy?.commands ?? [])].join('\n'), helps)
    })
  }

  it('names every missing permission, at the end of what a person reads', async () => {
    const ran = await meshUpgrade(['osm', target, '--kubeconfig', at.reader, ...notes, '--yes'])
    assert.equal(ran.exitCode, 3)
    const end = ran.stdout.slice(ran.stdout.lastIndexOf('✖ refused; nothing was changed'))
    const wanted = [
      'leases.coordination.k8s.io',
      `customresourcedefinitions.${crdGroup}`,
      'secrets',
      'deployments.apps',
    ]
    for (const resource of wanted) assert.ok(end.includes(`create ${resource}`), `${resource}\n${end}`)
    assert.match(end, /patch customresourcedefinitions\.apiextensions\.k8s\.io\s+\([^)]*meshconfigs/)
  })

  it('plans for a login that may only read, and says what is unknown and what is missing', async () => {
    for (const words of [
      ['plan', 'osm', target],
      ['osm', target, '--dry-run'],
    ]) {
      const ran = await meshUpgrade([...words, '--kubeconfig', at.reader, ...notes, '-o', 'json'])
      assert.equal(ran.exitCode, 0, ran.stderr)
      const { verdict, findings } = JSON.parse(ran.stdout) as UpgradePlan
      assert.equal(verdict, 'ready')
      const severities = new Map(findings.map(({ code, severity }) => [code, severity]))
      assert.deepEqual([severities.get('MU501'), severities.get('MU502')], ['warning', 'unknown'])
    }
  })

  it('asks object by object where a role names its objects', async () => {
    const ran = await meshUpgrade(['plan', 'osm', target, '--kubeconfig', named, ...notes, '-o', 'json'])
    const missing = (JSON.parse(ran.stdout) as UpgradePlan).findings.find(({ code }) => code === 'MU501')
    assert.deepEqual(missing?.evidence, [
      `patch customresourcedefinitions.${crdGroup} (ingressbackends.policy.openservicemesh.io, multiclusterservices.config.openservicemesh.io)`,
      `create customresourcedefinitions.${crdGroup}`,
    ])
  })

  it('misses nothing for who may do everything, and needs nothing where there is nothing to do', async () => {
    const all = await meshUpgrade(['plan', 'osm', target, ...notes, '-o', 'json'])
    const same = [
      'osm',
      join(chartsFolder, '0.9.2'),
      '--kubeconfig',
      at.reader,
      ...notes,
      '--yes',
      '-o',
      'json',
    ]
    const nothing = await meshUpgrade(same)
    assert.equal(nothing.exitCode, 0, nothing.stdout)
    const { plan } = JSON.parse(nothing.stdout) as UpgradeOutcome
    for (const { findings } of [JSON.parse(all.stdout) as UpgradePlan, plan])
      assert.ok(!findings.some(({ code }) => code === 'MU501'))
  })

  it('shows only, whatever else is said, with --dry-run=true', async () => {
    for (const words of [
      ['--confirm=true', '--dry-run=true', '--debug=true'],
      ['--yes', '--dry-run=server'],
    ]) {
      const ran = await meshUpgrade(['osm', target, ...notes, ...words, '-o', 'json'])
      assert.deepEqual([ran.exitCode, (JSON.parse(ran.stdout) as UpgradePlan).kind], [0, 'UpgradePlan'])
    }
  })

  for (const typed of ['mesh-upgrade', 'mesh upgrade']) {
    it(`takes no for an answer on a terminal: kubectl ${typed}`, async () => {
      const words = ['osm', target, ...notes, '--confirm=false', '--debug=true']
      const line = `kubectl ${typed} ${words.join(' ')}`
      const ran = await onTerminal(line, { asked: /Proceed\? \[y\/N\]/, answer: 'n\n', env })
      assert.equal(ran.exitCode, 4, ran.screen)
      assert.match(ran.screen, /declined; nothing was changed/)
    })
  }
})
