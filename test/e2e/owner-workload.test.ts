/**
 * From 0.11 on the chart carries no CRDs: osm-bootstrap brings them, and osm-injector and osm-controller make
 * the webhook configurations that leave the chart. 0.10.0 → 0.11.1, without CRDs and with `--crds-from`.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UpgradeOutcome } from '../../src/model/outcome.js'
import type { UpgradePlan } from '../../src/model/plan.js'
import { customResources, differing, everyObject, touched } from '../support/cluster-state.js'
import {
  chartsFolder,
  installPlugin,
  meshOnBed,
  notesFolder,
  outsidePlan,
  type Helm,
  type MeshOnBed,
} from '../support/mesh-on-bed.js'
import { followPresence, osmWebhooks } from '../support/presence.js'
import { mustRun, runProgram, type Ran } from '../support/run-program.js'

const chosen = [
  ...['--set', 'OpenServiceMesh.image.registry=registry.example.com/mesh'],
  ...['--set', 'OpenServiceMesh.image.tag=v0.10.0'],
]

const ways: { helm: Helm; title: string; words: string[]; crdsGiven: boolean }[] = [
  { helm: 'helm3', title: 'left to osm-bootstrap', words: [], crdsGiven: false },
  {
    helm: 'helm4',
    title: 'given with --crds-from',
    words: ['--crds-from', join(chartsFolder, '0.11.1-crds')],
    crdsGiven: true,
  },
]

for (const { helm, title, words, crdsGiven } of ways) {
  describe(`0.10.0 → 0.11.1 with ${helm}, CRDs ${title}`, function () {
    this.timeout(120_000)
    let mesh: MeshOnBed
    let env: Record<string, string>
    let kept: Map<string, string>

    const meshUpgrade = (...more: string[]): Promise<Ran> =>
      runProgram(
        'kubectl',
        [
          'mesh-upgrade',
          ...more,
          'osm',
          join(chartsFolder, '0.11.1'),
          '--release-notes',
          notesFolder,
          ...words,
        ],
        { env },
      )

    before(async () => {
      mesh = await meshOnBed({ helm, chart: join(chartsFolder, '0.10.0'), values: chosen, policies: 40 })
      env = installPlugin(mesh)
      kept = await customResources(env)
    })

    after(() => mesh?.stop())

    it('says who brings the CRDs and what is known of them', async () => {
      const { stdout, stderr } = await meshUpgrade('plan', '-o', 'json')
      const { hops, findings, verdict } = JSON.parse(stdout || '{}') as UpgradePlan
      assert.equal(verdict, 'ready', stderr)
      const owner = findings.find(({ code }) => code === 'MU208')
      assert.equal(owner?.severity, crdsGiven ? 'info' : 'unknown')
      assert.match(owner?.message ?? '', /osm-bootstrap/)
      const webhooks = findings.filter(({ code }) => code === 'MU404').map(({ severity }) => severity)
      assert.deepEqual(webhooks, ['info', 'info'])
      const crds = hops[0]?.crds ?? []
      assert.deepEqual([crds.length, new Set(crds.map((crd) => crd.owner))], [8, new Set(['workload'])])
      const actions = [...new Set(crds.map(({ action }) => action))].sort()
      assert.deepEqual(actions, crdsGiven ? ['none', 'update'] : ['left-to-owner'])
      const steps = hops[0]?.steps.map(({ id }) => id).join(' ')
      const applied = crdsGiven ? ' apply-crds' : ''
      assert.equal(steps, `backup${applied} keep-objects upgrade-release wait-rollout wait-crds verify`)
    })

    it('upgrades, and the webhook configurations never vanish', async () => {
      const before = await everyObject(env)
      const presence = followPresence(mesh.bed, osmWebhooks)
      const ran = await meshUpgrade('--yes', '-o', 'json')
      const { looks, absent, uids } = await presence.end()
      assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
      assert.ok(looks > 20, `${looks} looks`)
      assert.deepEqual(absent, Object.fromEntries(osmWebhooks.map((path) => [path, 0])))
      assert.deepEqual(
        Object.values(uids).map((each) => each.length),
        [1, 1],
      )
      assert.deepEqual(outsidePlan(touched(before, await everyObject(env))), [])
      checkOutcome(JSON.parse(ran.stdout) as UpgradeOutcome)
    })

    it('brought the CRDs of 0.11 and kept every custom resource', async () => {
      const label = ['-l', 'app.kubernetes.io/name=openservicemesh.io', '-o', 'name']
      const labelled = await mustRun('kubectl', ['get', 'crd', ...label], { env })
      assert.equal(labelled.trim().split('\n').length, 8)
      assert.deepEqual(differing(kept, await customResources(env)), [])
    })

    it('kept the registry and reset the tag: images by digest', async () => {
      const images = ['get', 'deploy', '-n', 'osm-system', '-o', 'jsonpath={..image}']
      const text = await mustRun('kubectl', images, { env })
      assert.match(text, /registry\.example\.com\/mesh\/osm-injector@sha256:/)
      assert.doesNotMatch(text, /0\.10\.0/)
    })

    it('has nothing left to do, and nothing to warn of', async () => {
      const again = await meshUpgrade('plan', '-o', 'json')
      const { verdict, findings } = JSON.parse(again.stdout) as UpgradePlan
      const codes = findings.map(({ code }) => code)
      assert.deepEqual([verdict, codes.filter((code) => /MU208|MU404/.test(code))], ['nothing-to-do', []])
    })
  })
}

/** The CRDs were compared, the backup holds them, and the journal tells of the annotation. */
function checkOutcome({ verdict, run }: UpgradeOutcome): void {
  assert.equal(verdict?.outcome, 'pass')
  const message = (id: string): string => verdict?.checks.find((check) => check.id === id)?.message ?? ''
  assert.match(message('crds-established'), /8 CRDs established \(changed: .*meshconfigs/)
  assert.match(message('objects-kept'), /osm-webhook-osm/)
  const journal = readFileSync(join(run?.folder ?? '', 'journal.ndjson'), 'utf8')
  assert.match(
    journal,
    /annotate MutatingWebhookConfiguration osm-webhook-osm helm\.sh\/resource-policy=keep/,
  )
  const index = readFileSync(join(run?.backupFolder ?? '', '1', 'index.json'), 'utf8')
  assert.match(index, /crds/)
}
