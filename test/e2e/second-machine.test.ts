/**
 * An upgrade is killed on machine A, and machine B (another home, the same kubeconfig) goes on or takes back from
 * what the cluster keeps. B cannot see A's processes: the lock is waited for, or broken by name, as a person would.
 * The tests build on one another: each ends with the mesh as it was before.
 */
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { lockTiming } from '../../src/execute/lease.js'
import {
  killableMesh,
  killEnv,
  killPlaces,
  otherHost,
  upgradeWords,
  type KillBed,
} from '../support/kill-at-bed.js'
import { differences, leftovers, settledState, type SettledState } from '../support/kill-at-state.js'
import { notesFolder } from '../support/mesh-on-bed.js'
import { mustRun, type Ran } from '../support/run-program.js'

const oneHop = ['--to', '0.10.0', '--release-notes', notesFolder, '--yes']
const secret = ['secret', 'mesh-upgrade.osm.hop-1', '-n', 'osm-system']

describe('a run that is taken over by a second machine', function () {
  this.timeout(120_000)
  let bed: KillBed
  let untouched: SettledState
  let machines = 0

  before(async () => {
    bed = await killableMesh('helm3')
    untouched = await settledState(bed.env, 'helm3')
  })
  after(() => bed?.stop())

  /** Kills the upgrade on a machine A that B knows nothing of. */
  const killOnA = async (words: readonly string[], place: keyof typeof killPlaces): Promise<void> => {
    const ran = await bed.run(words, {
      ...killEnv(killPlaces[place]),
      ...otherHost('machine-a'),
      ...freshHome(),
    })
    assert.equal(ran.exitCode, null, ran.stderr)
  }

  const unlock = async (home: Record<string, string>): Promise<void> => {
    const held = await bed.run(['resume'], home)
    assertExit(held, 5)
    const run = /\(run\s+(\S+?)\)/.exec(held.stderr)?.[1] ?? ''
    assertExit(await bed.run(['unlock', '--run', run, '--yes'], home), 0)
  }

  const assertState = async (wanted: SettledState): Promise<void> => {
    const found = await settledState(bed.env, 'helm3')
    assert.deepEqual([...differences(wanted, found), ...(await leftovers(bed.env, 'helm3'))], [])
  }

  it('says that a run which had not backed up yet has changed nothing', async () => {
    await killOnA(oneHop, 'beforeBackup')
    const home = freshHome()
    await unlock(home)
    const ran = await bed.run(['resume'], home)
    assertExit(ran, 1)
    assert.match(ran.stderr.replaceAll(/\s+/g, ' '), /ended before it changed anything.*Upgrade again/)
    await assertState(untouched)
  })

  it('waits for a helm that it cannot see, and goes on', async () => {
    await killOnA(oneHop, 'duringHelm')
    const home = freshHome()
    await unlock(home)
    const ran = await bed.run(['resume'], home)
    assertExit(ran, 0)
    assert.match(ran.stderr.replaceAll(/\s+/g, ' '), /revision 2 is pending-upgrade .* waiting for it/)
    const history = await mustRun('helm3', ['history', 'osm', '-n', 'osm-system', '-o', 'json'], bed)
    assert.equal((JSON.parse(history) as unknown[]).length, 2)
    assert.deepEqual(await leftovers(bed.env, 'helm3'), [])
    assertExit(await bed.run(['rollback', '--yes'], home), 0)
    await assertState(untouched)
  })

  it('takes back what was done between two hops, after the lock ran out and not before', async () => {
    await killOnA(upgradeWords, 'betweenHops')
    const home = freshHome()
    const before = await settledState(bed.env, 'helm3')
    const held = await bed.run(['rollback', '--yes'], home)
    assertExit(held, 5)
    assert.match(held.stderr, /machine-a/)
    assert.deepEqual(differences(before, await settledState(bed.env, 'helm3')), [])
    const lease = ['get', 'lease', 'mesh-upgrade.osm', '-n', 'osm-system']
    const renewedAt = await mustRun('kubectl', [...lease, '-o', 'jsonpath={.spec.renewTime}'], bed)
    await setTimeout(Date.parse(renewedAt) + lockTiming.leaseMs - Date.now() + 100)
    const taken = await bed.run(['rollback', '--yes'], home)
    assertExit(taken, 0)
    assert.match(
      taken.stderr.replaceAll(/\s+/g, ' '),
      /lock of osm ran out at .* making sure for 15 s that its holder \(.*@machine-a pid \d+\) is gone/,
    )
    await assertState(untouched)
  })

  it('names what is missing and where it is, and goes on from the backup where all is there', async () => {
    await killOnA(oneHop, 'amongCrds')
    const home = freshHome()
    await unlock(home)
    const kept = await mustRun('kubectl', ['get', ...secret, '-o', 'json'], bed)
    const leftOut = Buffer.from('["custom resources of the backup"]').toString('base64')
    const patch = JSON.stringify({ data: { leftOut } })
    await mustRun('kubectl', ['patch', ...secret, '-p', patch], bed)
    const place = /its files are at machine-a:\/\S+\/osm\//
    for (const [ran, what] of [
      [await bed.run(['resume'], home), /no room for custom resources of the backup of hop 1/],
      [await removed(home), /keeps nothing of its hop 1: Secret mesh-upgrade\.osm\.hop-1/],
    ] as const) {
      assertExit(ran, 1)
      assert.match(ran.stderr.replaceAll(/\s+/g, ' '), what)
      assert.match(ran.stderr.replaceAll(/\s+/g, ' '), place)
    }
    await mustRun('kubectl', ['create', '-f', '-'], { ...bed, input: withoutUid(kept) })
    assertExit(await bed.run(['resume'], home), 0)
    assert.deepEqual(await leftovers(bed.env, 'helm3'), [])
  })

  async function removed(home: Record<string, string>): Promise<Ran> {
    await mustRun('kubectl', ['delete', ...secret], bed)
    return bed.run(['rollback', '--yes'], home)
  }

  /** Home and state of a machine on which nothing ever ran. */
  function freshHome(): Record<string, string> {
    const HOME = join(bed.env['BED_DIR'] ?? '', `machine-${++machines}`)
    mkdirSync(HOME)
    return { HOME, XDG_STATE_HOME: join(HOME, 'state') }
  }
})

function assertExit(ran: Ran, wanted: number): void {
  assert.equal(ran.exitCode, wanted, ran.stdout.slice(-2000) + ran.stderr)
}

function withoutUid(text: string): string {
  const object = JSON.parse(text) as { metadata: Record<string, unknown> }
  delete object.metadata['uid']
  delete object.metadata['resourceVersion']
  return JSON.stringify(object)
}
