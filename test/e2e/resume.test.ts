/**
 * `kill -9` in the middle of an upgrade, then `resume` or `rollback`, on a real control plane with both real helms:
 * a short set of the kill matrix (`npm run proof -- kills`), and what must be refused. The tests of a suite build
 * on one another: each rollback brings back the state that the next one begins with.
 */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { everyObject, touched } from '../support/cluster-state.js'
import {
  killableMesh,
  killPlaces,
  openGate,
  upgradeWords,
  waitEnv,
  type KillBed,
} from '../support/kill-at-bed.js'
import { differences, leftovers, settledState, type SettledState } from '../support/kill-at-state.js'
import { chartsFolder, notesFolder, type Helm } from '../support/mesh-on-bed.js'
import { mustRun, type Ran } from '../support/run-program.js'

const oneHop = ['--to', '0.10.0', '--release-notes', notesFolder, '--yes']

/** A mesh, how it was, and how an upgrade of one hop that nobody disturbs leaves it. */
interface Suite {
  bed: KillBed
  before: SettledState
  after: SettledState
}

async function startSuite(helm: Helm): Promise<Suite> {
  const bed = await killableMesh(helm)
  const before = await settledState(bed.env, helm)
  return { bed, before, after: before }
}

async function assertState({ bed }: Suite, wanted: SettledState): Promise<void> {
  const found = await settledState(bed.env, bed.helm)
  assert.deepEqual([...differences(wanted, found), ...(await leftovers(bed.env, bed.helm))], [])
}

function assertExit(ran: Ran, wanted: number): void {
  assert.equal(ran.exitCode, wanted, ran.stdout.slice(-2000) + ran.stderr)
}

async function takeBack(suite: Suite, consents: readonly string[] = []): Promise<void> {
  assertExit(await suite.bed.run(['rollback', '--yes', ...consents]), 0)
  await assertState(suite, suite.before)
}

async function kill({ bed }: Suite, words: readonly string[], place: keyof typeof killPlaces): Promise<void> {
  const ran = await bed.runKilled(words, killPlaces[place])
  assert.equal(ran.exitCode, null, ran.stderr)
}

describe('an upgrade that is killed, with helm3', function () {
  this.timeout(120_000)
  let suite: Suite

  before(async () => {
    suite = await startSuite('helm3')
  })
  after(() => suite?.bed.stop())

  it('lets one of two that start at the same moment work, and names it to the other', async () => {
    const { bed } = suite
    const gate = join(bed.env['BED_DIR'] ?? '', 'gate')
    const both = [1, 2].map(() => bed.run(oneHop, waitEnv(gate)))
    await openGate(gate, 2)
    const [first, second] = (await Promise.all(both)).sort((a, b) => Number(a.exitCode) - Number(b.exitCode))
    assert.ok(first && second)
    assertExit(first, 0)
    assertExit(second, 5)
    assert.match(second.stderr, /another run works on osm:\s+\S+@\S+\s+pid\s+\d+/)
    suite.after = await settledState(bed.env, 'helm3')
    assert.deepEqual(await leftovers(bed.env, 'helm3'), [])
  })

  it('takes a whole run back', () => takeBack(suite))

  it('goes on after half a line of the journal, among the CRDs', async () => {
    await kill(suite, oneHop, 'amongCrds')
    assertExit(await suite.bed.run(['resume']), 0)
    await assertState(suite, suite.after)
    await takeBack(suite)
  })

  it('goes on with a rollback that was killed, while helm lives on', async () => {
    await kill(suite, oneHop, 'duringHelm')
    await kill(suite, ['rollback', '--yes'], 'rollbackHelm')
    assertExit(await suite.bed.run(['resume']), 0)
    await assertState(suite, suite.before)
  })

  it('refuses to resume where somebody upgraded the release meanwhile', async () => {
    await kill(suite, upgradeWords, 'betweenHops')
    const { env } = suite.bed
    const chart = join(chartsFolder, '0.10.0')
    const place = ['-n', 'osm-system', '--reuse-values', '--set', 'OpenServiceMesh.tracing.enable=true']
    await mustRun('helm3', ['upgrade', 'osm', chart, ...place, '--wait'], { env })
    const untouched = await everyObject(env)
    assertExit(await suite.bed.run(['resume']), 6)
    const own = /ConfigMap osm-system\/mesh-upgrade\.osm$/
    assert.deepEqual(
      touched(untouched, await everyObject(env)).filter((name) => !own.test(name)),
      [],
    )
    // What another did since is not discarded by --yes alone.
    assertExit(await suite.bed.run(['rollback', '--yes']), 4)
    await takeBack(suite, ['--accept', 'discard-revision'])
  })

  it('refuses a damaged journal and names the command that restores without it', async () => {
    const file = join(suite.bed.runFolder() ?? '', 'journal.ndjson')
    writeFileSync(file, readFileSync(file, 'utf8').replace('consented', 'demanded'))
    const ran = await suite.bed.run(['resume'])
    assertExit(ran, 6)
    assert.match(ran.stderr, /line 1 of the journal was changed/)
    assert.match(ran.stderr.replaceAll(/\s+/g, ' '), /crds restore \S+\/backup/)
    for (const left of ['', readFileSync(file, 'utf8').split('\n')[0] ?? '']) {
      writeFileSync(file, left)
      const back = await suite.bed.run(['rollback', '--yes'])
      assertExit(back, 6)
      assert.match(back.stderr.replaceAll(/\s+/g, ' '), /tells nothing .* the cluster has it as RolledBack/)
    }
  })
})

describe('an upgrade that is killed, with helm4', function () {
  this.timeout(120_000)
  let suite: Suite

  before(async () => {
    suite = await startSuite('helm4')
  })
  after(() => suite?.bed.stop())

  it('goes on after the backup', async () => {
    await kill(suite, oneHop, 'afterBackup')
    assertExit(await suite.bed.run(['resume']), 0)
    suite.after = await settledState(suite.bed.env, 'helm4')
    await takeBack(suite)
  })

  it('waits for the helm that lives on', async () => {
    await kill(suite, oneHop, 'duringHelm')
    const ran = await suite.bed.run(['resume'])
    assertExit(ran, 0)
    assert.match(ran.stderr, /helm of the interrupted run still works \(pid \d+\)/)
    await assertState(suite, suite.after)
    await takeBack(suite)
  })

  it('takes back what a helm has only begun, and what its hook left', async () => {
    await kill(suite, oneHop, 'helmBegins')
    await takeBack(suite)
  })

  it('takes two hops back from just after the second helm', async () => {
    await kill(suite, upgradeWords, 'afterHelm')
    await takeBack(suite)
  })

  it('goes on with a rollback that is killed twice, and leaves alone what helm made when it had gone back', async () => {
    assertExit(await suite.bed.run(upgradeWords), 0)
    await kill(suite, ['rollback', '--yes'], 'createdCrds')
    await kill(suite, ['resume'], 'rollbackDone')
    // Until then the pods of before have completed their webhooks, and do so only once.
    const rollout = ['rollout', 'status', 'deployment', '-n', 'osm-system']
    await mustRun('kubectl', rollout, suite.bed)
    const ran = await suite.bed.run(['resume'])
    assertExit(ran, 0)
    assert.match(ran.stderr, /done already: delete MutatingWebhookConfiguration/)
    await assertState(suite, suite.before)
  })

  it("takes the second of two upgrades back: another default is nobody's edit", async () => {
    assertExit(await suite.bed.run(oneHop), 0)
    assertExit(await suite.bed.run(upgradeWords), 0)
    assertExit(await suite.bed.run(['rollback', '--yes']), 0)
    await assertState(suite, suite.after)
  })
})
