/**
 * A frozen plan as a Job of the cluster, with the rights that it is given and no others: what it asked the API server
 * for is held against them by the audit log. The tests of a suite build on one another.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { parseYamlDocuments } from '../../src/kubernetes-yaml.js'
import { field, listField, type KubeObject } from '../../src/model/kube-object.js'
import { startJobActor, type JobActor } from '../bed/actors/job.js'
import { startBed } from '../bed/start.js'
import { eventually } from '../bed/support.js'
import { askedBy, covers, formatGrant, grantsOf, type Asked, type Rule } from '../support/audit-log.js'
import { customResources } from '../support/cluster-state.js'
import {
  chartsFolder,
  installPlugin,
  notesFolder,
  prepareMesh,
  type Helm,
  type MeshOnBed,
} from '../support/mesh-on-bed.js'
import { loginOf } from '../support/refusal-tools.js'
import { mustRun, runProgram, type Ran } from '../support/run-program.js'

const secret = 'another-s3cr3t'
const asked: Asked[] = []
const granted: KubeObject[] = []
/** Of roles that the chart writes. */
const chartRules: Rule[] = []

/** Of the second the first pod is killed in the middle: the next one resumes. */
const runs: { helm: Helm; killAt?: RegExp; pods: (number | null)[] }[] = [
  { helm: 'helm3', pods: [0] },
  { helm: 'helm4', killAt: /\] helm upgrade osm/, pods: [null, 0] },
]

for (const { helm, killAt, pods } of runs) {
  describe(`in the cluster, with ${helm}${killAt ? ', its first pod killed' : ''}`, function () {
    this.timeout(180_000)
    let mesh: MeshOnBed
    let actor: JobActor
    let env: Record<string, string>
    let name: string

    const meshUpgrade = (...words: string[]): Promise<Ran> =>
      runProgram('kubectl', ['mesh-upgrade', ...words], { env })
    const applyWords = (...words: string[]): string[] => [
      ...['apply', join(mesh.bed.dir, 'plan.json'), '--set', `OpenServiceMesh.vault.token=${secret}`],
      ...['--in-cluster', '--image', 'registry.example.com/mesh-upgrade:1', ...words],
    ]
    const apply = (...words: string[]): Promise<Ran> => meshUpgrade(...applyWords(...words))

    before(async () => {
      const bed = await startBed({ audit: true })
      mesh = await prepareMesh(bed, { helm, chart: join(chartsFolder, '0.9.2'), policies: 10 })
      env = installPlugin(mesh)
      actor = await startJobActor(bed, { helm, ...(killAt ? { killAt } : {}) })
      const words = ['osm', join(chartsFolder, '0.10.0'), '--release-notes', notesFolder]
      const values = ['--set', `OpenServiceMesh.vault.token=${secret}`]
      const out = ['--out', join(bed.dir, 'plan.json')]
      await mustRun('kubectl', ['mesh-upgrade', 'plan', ...words, ...values, ...out], { env })
    })

    after(async () => {
      await actor?.stop()
      await mesh?.actor.stop()
      await mesh?.bed.stop()
    })

    /** What does not depend on helm is looked at once. */
    const once = killAt ? (): void => undefined : it

    it('shows every object that it would make and every right, and makes none', async () => {
      const shown = await apply('--dry-run')
      assert.equal(shown.exitCode, 0, shown.stdout + shown.stderr)
      assert.match(shown.stdout, /create Job osm-system\/mesh-upgrade-osm-/)
      assert.match(shown.stdout, /get, update leases|delete, get, update leases/)
      const ran = await apply('--dry-run', '-o', 'json')
      assert.ok(!ran.stdout.includes(secret) && !shown.stdout.includes(secret))
      const { objects } = JSON.parse(ran.stdout) as { objects: KubeObject[] }
      granted.push(...objects)
      name = objects.find(({ kind }) => kind === 'Job')?.metadata.name ?? ''
      assert.equal((await runProgram('kubectl', ['get', 'clusterrole', name], { env })).exitCode, 1)
    })

    once('is refused to who may not give away such rights, and leaves nothing then', async () => {
      const every = { apiGroups: ['*'], resources: ['*'] }
      const config = await loginOf(mesh, 'planner', [
        { ...every, verbs: ['get', 'list', 'watch'] },
        { apiGroups: ['apiextensions.k8s.io'], resources: ['*'], verbs: ['*'] },
        { apiGroups: ['rbac.authorization.k8s.io', 'batch'], resources: ['*'], verbs: ['create', 'delete'] },
      ])
      const ran = await apply('--yes', '--kubeconfig', config)
      assert.equal(ran.exitCode, 1, ran.stdout + ran.stderr)
      assert.match(ran.stderr.replace(/\s+/g, ' '), /Only who has all of these rights may give them/)
      const left = await mustRun('kubectl', ['get', 'clusterroles,jobs', '-A', '-o', 'name'], { env })
      assert.ok(!left.includes(name), left)
    })

    once('is refused for an account that is not there, which would get no pod', async () => {
      const ran = await apply('--yes', '--service-account', 'nope')
      assert.equal(ran.exitCode, 1, ran.stdout + ran.stderr)
      assert.match(ran.stderr.replace(/\s+/g, ' '), /no ServiceAccount nope in namespace osm-system/)
    })

    once('goes on without whom follows it, and is followed again', async () => {
      const { exitCode, told } = await interruptedAt(/following its log/, applyWords('--yes'), env)
      assert.equal(exitCode, 130, told)
      assert.match(
        told.replace(/\s+/g, ' '),
        /kubectl logs -f job\/mesh-upgrade-osm-\S+ .*status osm -n osm-system --wait/,
      )
    })

    it('runs to its end, its log and its exit code followed', async () => {
      const kept = await customResources(env)
      const ran = await apply('--yes')
      const told = ran.stdout + ran.stderr
      assert.equal(ran.exitCode, 0, told)
      assert.match(told, /verified|verify release/)
      assert.ok(!told.includes(secret))
      assert.deepEqual(actor.ended, pods)
      const values = await mustRun(helm, ['get', 'values', 'osm', '-n', 'osm-system'], { env })
      assert.match(values, new RegExp(`token: ${secret}`))
      const status = await mustRun(helm, ['status', 'osm', '-n', 'osm-system', '-o', 'json'], { env })
      assert.equal((JSON.parse(status) as { info: { status: string } }).info.status, 'deployed')
      assert.equal((await customResources(env)).size, kept.size)
    })

    it('was denied nothing', () => {
      const requests = askedBy(mesh.bed.dir, `system:serviceaccount:osm-system:${name}`)
      assert.ok(requests.length > 50, `${requests.length} requests`)
      assert.deepEqual(
        requests.filter(({ status }) => status === 403),
        [],
      )
      asked.push(...requests)
    })

    it('held what the roles of the chart hold, to be let write them', async () => {
      const values = ['template', 'osm', join(chartsFolder, '0.10.0'), '-n', 'osm-system', '--is-upgrade']
      const manifest = await mustRun(helm, values, { env })
      const roles = parseYamlDocuments(manifest).filter((each) => field(each, 'kind') === 'ClusterRole')
      chartRules.push(...roles.flatMap((role) => listField(role, 'rules') as unknown as Rule[]))
    })

    it('has given its rights back', async () => {
      await eventually(async () => {
        const kinds = 'clusterroles,clusterrolebindings,roles,rolebindings'
        const left = await mustRun('kubectl', ['get', kinds, '-A', '-o', 'name'], { env })
        assert.ok(!left.includes(name), left)
      })
    })

    it('goes without a trace with --cleanup', async () => {
      await mustRun('kubectl', ['mesh-upgrade', 'apply', join(mesh.bed.dir, 'plan.json'), '--cleanup'], {
        env,
      })
      await eventually(async () => {
        const kinds = 'jobs,secrets,serviceaccounts'
        const left = await mustRun('kubectl', ['get', kinds, '-n', 'osm-system', '-o', 'name'], { env })
        assert.ok(!left.includes(name), left)
      })
    })
  })
}

/** Runs our program and sends Ctrl-C once it has said something. */
function interruptedAt(
  said: RegExp,
  words: string[],
  env: Record<string, string>,
): Promise<{ exitCode: number | null; told: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('kubectl', ['mesh-upgrade', ...words], { env: { ...process.env, ...env } })
    let [told, isSent] = ['', false]
    const take = (text: Buffer): void => {
      told += text.toString()
      if (isSent || !said.test(told)) return
      isSent = child.kill('SIGINT')
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('error', reject)
    child.on('close', (exitCode) => resolve({ exitCode, told }))
  })
}

describe('the rights of an in-cluster run', () => {
  /** Granted for what these runs do not come to. */
  const unseen: [grant: RegExp, reason: string][] = [
    [/^(list events|get pods\/log|list jobs\.batch) in osm-system$/, 'diagnosis of a rollout that stalls'],
  ]

  const isHeld = ({ apiGroups, resources, verbs }: Rule): boolean =>
    chartRules.some((rule) =>
      isDeepStrictEqual([rule.apiGroups, rule.resources, rule.verbs], [apiGroups, resources, verbs]),
    )

  it('are used, all of them', () => {
    const grants = grantsOf(granted, isHeld).filter((grant) => !asked.some((each) => covers(grant, each)))
    const unused = [...new Set(grants.map(formatGrant))]
    assert.deepEqual(
      unused.filter((grant) => !unseen.some(([pattern]) => pattern.test(grant))),
      [],
    )
  })

  it('do without those of roles that the chart brings, which only who writes such a role has to hold', () => {
    assert.ok(chartRules.length > 5)
    const grants = grantsOf(granted, isHeld)
    const others = asked.filter(({ group }) => group !== 'authorization.k8s.io')
    const uncovered = others.filter((each) => !grants.some((grant) => covers(grant, each)))
    assert.deepEqual([...new Set(uncovered.map((each) => formatGrant({ ...each, names: [each.name] })))], [])
  })
})
