/**
 * Hooks, the history of runs on two machines, and what becomes of old runs, on a real control plane with the
 * program as it is installed. The tests build on one another.
 */
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UpgradeOutcome } from '../../src/model/outcome.js'
import type { UpgradePlan } from '../../src/model/plan.js'
import type { HistoryItem } from '../../src/model/run-history.js'
import { everyObject, touched } from '../support/cluster-state.js'
import {
  addRepository,
  chartsFolder,
  installPlugin,
  meshOnBed,
  type MeshOnBed,
} from '../support/mesh-on-bed.js'
import { mustRun, runProgram, type Ran } from '../support/run-program.js'

const secret = 's3cr3t-vault-token'
const place = ['-n', 'osm-system']

describe('hooks and history of an upgrade', function () {
  this.timeout(300_000)
  let mesh: MeshOnBed
  let env: Record<string, string>
  let repository: { close(): Promise<void> }
  let folder: string

  const meshUpgrade = (...words: string[]): Promise<Ran> =>
    runProgram('kubectl', ['mesh-upgrade', ...words], { env })
  const file = (name: string): string => join(folder, name)
  const lines = (name: string): string[] => readFileSync(file(name), 'utf8').trim().split('\n')
  const history = async (home = env): Promise<HistoryItem[]> => {
    const words = ['mesh-upgrade', 'history', 'osm', ...place, '-o', 'json']
    const ran = await runProgram('kubectl', words, { env: home })
    assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
    return (JSON.parse(ran.stdout) as { items: HistoryItem[] }).items
  }

  before(async () => {
    mesh = await meshOnBed({ helm: 'helm3', chart: join(chartsFolder, '0.9.2') })
    repository = await addRepository(mesh, ['0.9.2', '0.10.0'])
    env = installPlugin(mesh)
    folder = join(mesh.bed.dir, 'hooks')
    mkdirSync(folder)
  })
  after(async () => {
    await repository?.close()
    await mesh?.stop()
  })

  it('shows hooks in the plan and runs none of them in a dry run', async () => {
    const words = ['osm', ...place, '--dry-run', '-o', 'json']
    const hook = `before-plan=touch ${file('planned')} # --token=abcdefgh`
    const ran = await meshUpgrade(...words, '--hook', hook)
    assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
    const plan = JSON.parse(ran.stdout) as UpgradePlan
    assert.deepEqual(plan.hooks, [
      { event: 'before-plan', command: `touch ${file('planned')} # --token=(hidden)` },
    ])
    const plain = JSON.parse((await meshUpgrade(...words)).stdout) as UpgradePlan
    assert.notEqual(plan.digest, plain.digest)
    assert.deepEqual(readdirSync(folder), [])
  })

  it('begins nothing where the hook before the run says no', async () => {
    const untouched = await everyObject(env)
    const hook = `before-run=echo frozen until Monday; exit 3`
    const ran = await meshUpgrade('osm', ...place, '--yes', '--hook', hook)
    assert.equal(ran.exitCode, 1, ran.stderr)
    assert.match(ran.stderr, /hook before-run failed: exit code 3\s+frozen until Monday/)
    assert.match(ran.stderr, /nothing was changed/)
    // Our own Lease came and went.
    assert.deepEqual(touched(untouched, await everyObject(env)), [])
    assert.deepEqual(await history(), [])
  })

  it('stops before a step whose hook fails, with nothing done after it', async () => {
    const hook = 'before-step:upgrade-release=echo no budget >&2; exit 1'
    const ran = await meshUpgrade('osm', ...place, '--yes', '-o', 'json', '--hook', hook)
    assert.notEqual(ran.exitCode, 0)
    const outcome = JSON.parse(ran.stdout) as UpgradeOutcome
    assert.equal(outcome.result, 'failed')
    assert.match(
      outcome.failure?.message ?? '',
      /hook before-step:upgrade-release failed: exit code 1\n {2}no budget/,
    )
    const helm = await mustRun('helm3', ['history', 'osm', ...place, '-o', 'json'], { env: mesh.env })
    assert.equal((JSON.parse(helm) as unknown[]).length, 1)
    const steps = outcome.plan.hops.flatMap((hop) => hop.steps.map(({ type, id }) => ({ type, id })))
    const at = steps.findIndex(({ type }) => type === 'upgrade-release')
    assert.deepEqual(
      outcome.doneSteps,
      steps.slice(0, at).map(({ id }) => id),
    )
    const [last] = await history()
    assert.deepEqual([last?.outcome, last?.from, last?.to], ['failed', '0.9.2', '0.10.0'])
  })

  it('goes on with resume, where hooks run in order, are asked again, and see what is done', async () => {
    const log = file('order')
    const every = ['before-run', 'before-hop', 'before-step', 'after-step', 'after-hop', 'after-run']
    const note = `echo "$MESH_UPGRADE_EVENT $MESH_UPGRADE_STEP_TYPE $MESH_UPGRADE_OUTCOME" >> ${log}`
    const gate = `before-run=test -e ${file('open')} || { touch ${file('open')}; echo retry-after: 1; exit 75; }`
    const ran = await meshUpgrade(
      ...['resume', 'osm', ...place, '--hook', gate, '--notify', file('events.ndjson')],
      ...every.flatMap((event) => ['--hook', `${event}=cat >> ${file('stdin')}; ${note}`]),
    )
    assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
    assert.match(ran.stderr, /hook before-run is not ready; it is asked again in 1 s/)
    const order = lines('order').map((line) => line.trim())
    assert.deepEqual(order.slice(0, 2), ['before-run', 'before-hop'])
    const at = order.indexOf('before-step upgrade-release')
    assert.equal(order[at + 1], 'after-step upgrade-release succeeded')
    assert.deepEqual(order.slice(-3), [
      'after-step verify succeeded',
      'after-hop  succeeded',
      'after-run  succeeded',
    ])
    const documents = lines('stdin').map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.equal(documents.length, order.length)
    assert.ok(
      documents.every(({ kind, release, to }) => [kind, release, to].join(' ') === 'HookEvent osm 0.10.0'),
    )
    assert.ok(!lines('stdin').join().includes(secret))
  })

  it('journals every hook, and tells the end once, without values', async () => {
    const [last] = await history()
    assert.deepEqual([last?.outcome, typeof last?.durationMs], ['succeeded', 'number'])
    const journal = readFileSync(join(last?.kept?.folder ?? '', 'journal.ndjson'), 'utf8')
    assert.match(journal, /"message":"hook before-run ended: exit code 75"/)
    assert.match(journal, /"message":"hook after-run ended: exit code 0"/)
    const [event, ...more] = lines('events.ndjson').map((line) => JSON.parse(line) as Record<string, never>)
    assert.deepEqual([event?.['type'], more.length], ['dev.mesh-upgrade.run.succeeded', 0])
    assert.deepEqual(event?.['data']?.['to'], '0.10.0')
    assert.ok(!lines('events.ndjson').join().includes(secret))
  })

  it('shows the runs on another machine, and a damaged journal as such on this', async () => {
    const here = await history()
    const away = await history({ ...env, XDG_STATE_HOME: join(mesh.bed.dir, 'elsewhere') })
    const seen = (items: HistoryItem[]): unknown[] =>
      items.map(({ run, outcome, from, to, holder, startedAt, finishedAt }) => {
        return [run, outcome, from, to, holder, startedAt, finishedAt]
      })
    assert.deepEqual(seen(away), seen(here))
    assert.ok(away.every(({ kept, location }) => kept === undefined && location?.includes(':/')))
    const journal = join(here[0]?.kept?.folder ?? '', 'journal.ndjson')
    const whole = readFileSync(journal, 'utf8')
    writeFileSync(journal, whole.replace('consented', 'contented'))
    const ran = await meshUpgrade('history', 'osm', ...place)
    writeFileSync(journal, whole)
    assert.equal(ran.exitCode, 0)
    assert.match(ran.stdout.replace(/\s+/g, ' '), /succeeded, damaged.*was changed after it was written/)
  })

  it('rolls back with hooks of its own, and history says so', async () => {
    const words = [
      '--yes',
      '--hook',
      `after-run=echo $MESH_UPGRADE_PART $MESH_UPGRADE_OUTCOME > ${file('back')}`,
    ]
    const ran = await meshUpgrade('rollback', 'osm', ...place, ...words)
    assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
    assert.deepEqual(lines('back'), ['rollback rolled-back'])
    const [last] = await history()
    assert.equal(last?.outcome, 'rolled-back')
    assert.ok(last?.rolledBackAt && last.finishedAt && last.rolledBackAt > last.finishedAt)
  })

  it('deletes old runs when asked, never the newest whole one, with their Secrets', async () => {
    const again = await meshUpgrade('osm', ...place, '--yes')
    assert.equal(again.exitCode, 0, again.stdout + again.stderr)
    const before = await history()
    assert.equal(before.length, 2)
    const unasked = await meshUpgrade('history', 'prune', 'osm', ...place, '--keep', '0')
    assert.equal(unasked.exitCode, 4, unasked.stderr)
    const dry = await meshUpgrade('history', 'prune', 'osm', ...place, '--keep', '0', '--dry-run')
    assert.match(dry.stdout, /1 run of osm in osm-system would be deleted/)
    assert.equal((await history()).filter(({ kept }) => kept).length, 2)
    const done = await meshUpgrade('history', 'prune', 'osm', ...place, '--keep', '0', '--yes', '-o', 'json')
    assert.equal(done.exitCode, 0, done.stderr)
    assert.ok((JSON.parse(done.stdout) as { bytesFreed: number }).bytesFreed > 0)
    const after = await history()
    assert.deepEqual(
      after.map(({ kept }) => kept !== undefined),
      [true, false],
    )
    const secrets = async (): Promise<string> =>
      mustRun('kubectl', ['get', 'secrets', ...place, '-o', 'name'], { env })
    assert.match(await secrets(), /mesh-upgrade\.osm\.hop-1/)
    rmSync(after[0]?.kept?.folder ?? '', { recursive: true })
    const none = await meshUpgrade('history', 'prune', 'osm', ...place, '--keep', '0', '--yes')
    assert.match(none.stdout, /nothing to delete/)
  })
})
