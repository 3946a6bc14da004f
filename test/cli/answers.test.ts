import assert from 'node:assert/strict'
import fc from 'fast-check'
import { complete } from '../../src/cli/completion.js'
import * as exit from '../../src/cli/exit-code.js'
import { formatHelp } from '../../src/cli/help.js'
import { programOf } from '../../src/cli/program.js'
import { exitCodes } from '../../src/errors.js'
import type { UpgradeOutcome } from '../../src/model/outcome.js'
import type { RunPhase, RunState } from '../../src/model/run-record.js'
import { diagnosis, failedOutcome, goodOutcome, plan } from '../report/samples.js'
import { commands, manifest } from './shapes.js'

const kubectl = programOf('kubectl_complete-mesh_upgrade', {})
const helm = programOf('run.js', { HELM_PLUGIN_NAME: 'upgrade-check' })

describe('formatHelp', () => {
  it('lists commands and exit codes under the name that was typed', () => {
    const text = formatHelp(manifest, 'kubectl mesh upgrade', undefined, 100)
    for (const { id, hidden } of Object.values(commands))
      assert.equal(text.includes(`\n  ${id.replaceAll(':', ' ')} `), !hidden, id)
    for (const code of Object.values(exitCodes)) assert.match(text, new RegExp(`\\n  ${code} +\\S`))
    assert.ok(!text.includes('kubectl mesh-upgrade') && !text.includes('{program}'))
  })

  it('shows every flag of a command with its letter, aliases, choices and default', () => {
    const text = formatHelp(manifest, 'kubectl mesh-upgrade', 'upgrade', 100)
    for (const [name, { hidden }] of Object.entries(commands.upgrade!.flags)) {
      assert.equal(text.includes(`--${name}`), !hidden, name)
    }
    assert.match(text, /-y, --yes, --confirm/)
    assert.match(text, /--images keep\|chart\|as-is/)
    assert.match(text, /\(default 5m\)/)
  })

  it('is that of the judge alone under helm', () => {
    const text = formatHelp(manifest, 'helm upgrade-check', 'upgrade-check', 100)
    assert.match(text, /^ {2}helm upgrade-check \[RELEASE\] \[CHART\] \[flags\]$/m)
  })

  it('has a group for every flag', () => {
    for (const { flags } of Object.values(commands)) {
      for (const [name, { helpGroup, description, hidden }] of Object.entries(flags)) {
        assert.ok(hidden || (helpGroup && description), name)
      }
    }
  })
})

describe('complete', () => {
  const words = (...typed: string[]): string[] =>
    complete(typed, manifest, kubectl)
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t')[0] ?? '')

  it('offers commands for the first word only', () => {
    assert.deepEqual(words('pl'), ['plan', ':4'])
    assert.ok(words('').includes('status') && !words('').includes('upgrade-check'))
    assert.deepEqual(words('osm', 'pl'), [':0'])
    assert.deepEqual(words('plan', 'pl'), [':4'])
  })

  it('offers flags of the command and values of a flag', () => {
    assert.deepEqual(words('--deb'), ['--debug', ':4'])
    assert.deepEqual(words('status', '--imag'), [':4'])
    assert.deepEqual(words('plan', '-o', ''), ['text', 'json', 'yaml', ':4'])
    assert.deepEqual(words('plan', '--output=j'), ['--output=json', ':4'])
    assert.deepEqual(words('plan', '--context', ''), [':4'])
  })

  it('leaves files to the shell where a file is meant', () => {
    assert.deepEqual(words('-f', ''), [':0'])
    assert.deepEqual(words('plan', 'osm', ''), [':0'])
  })

  it("offers the judge's flags under helm, and no commands", () => {
    assert.equal(complete([''], manifest, helm), ':4\n')
    assert.match(complete(['--reuse'], manifest, helm), /^--reuse-values\t/)
  })

  it('is total and ends with a directive', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('-', '--', '-o', '--to', 'plan', '='))
    fc.assert(
      fc.property(fc.array(word), fc.constantFrom(kubectl, helm), (typed, program) => {
        assert.match(complete(typed, manifest, program), /(?:^|\n):[04]\n$/)
      }),
    )
  })
})

describe('exit codes', () => {
  it('are listed once each', () => {
    assert.deepEqual(exit.exitCodeTexts.map(([code]) => code).sort(), Object.values(exitCodes).sort())
  })

  it('tell a plan with changes only where that is asked for', () => {
    assert.equal(exit.exitCodeOfPlan(plan, false), 0)
    assert.equal(exit.exitCodeOfPlan(plan, true), 2)
    assert.equal(exit.exitCodeOfPlan({ ...plan, verdict: 'nothing-to-do' }, true), 0)
    assert.equal(exit.exitCodeOfPlan({ ...plan, verdict: 'blocked' }, true), 3)
  })

  it('tell how a run ended', () => {
    const of = (changes: Partial<UpgradeOutcome>, interrupt?: number): number =>
      exit.exitCodeOfOutcome({ ...failedOutcome, ...changes }, interrupt)
    assert.equal(of({ result: 'upgraded' }), 0)
    assert.equal(of({ result: 'nothing-to-do' }), 0)
    assert.equal(of({ result: 'blocked' }), 3)
    assert.equal(of({ result: 'declined' }), 4)
    assert.equal(of({ result: 'failed' }), 8)
    assert.equal(of({ result: 'failed', failure: { ...failedOutcome.failure!, changed: false } }), 1)
    assert.deepEqual([of({ result: 'interrupted' }), of({ result: 'interrupted' }, 143)], [130, 143])
  })

  it('tell of a run that was waited for how it ended', () => {
    const of = (state: RunState, phase?: RunPhase, wanted?: RunPhase): number =>
      exit.exitCodeOfWait({ state, timedOut: false, ...(phase ? { record: { phase } } : {}) }, wanted)
    const states = ['succeeded', 'rolled-back', 'failed', 'died', 'interrupted', 'none', 'unknown'] as const
    assert.deepEqual(
      states.map((state) => of(state)),
      [0, 7, 8, 8, 8, 1, 1],
    )
    assert.equal(of('running', 'Running', 'Running'), 0)
    assert.equal(of('rolled-back', 'RolledBack', 'RolledBack'), 0)
    assert.equal(of('died', 'Running', 'Running'), 8)
    assert.equal(of('succeeded', 'Succeeded', 'Failed'), 1, 'it is not what was waited for')
    assert.equal(exit.exitCodeOfWait({ state: 'running', timedOut: true, record: { phase: 'Running' } }), 1)
    assert.deepEqual([exit.exitCodeOfUnlock('unlocked'), exit.exitCodeOfUnlock('declined')], [0, 4])
  })

  it('do not take unknown for success', () => {
    assert.equal(exit.exitCodeOfVerdict(goodOutcome.verdict!), 0)
    assert.equal(exit.exitCodeOfVerdict({ outcome: 'fail', checks: [] }), 3)
    assert.equal(exit.exitCodeOfVerdict({ outcome: 'unknown', checks: [] }), 1)
    assert.equal(exit.exitCodeOfDiagnosis(diagnosis), 3)
    const [, injector] = diagnosis.workloads
    const healthy = { workloads: [injector!], stalledPods: [], findings: [] }
    assert.equal(exit.exitCodeOfDiagnosis(healthy), 0)
    const unread = { ...healthy, workloads: [{ ...injector!, rolloutStatus: 'Unknown' as const }] }
    assert.equal(exit.exitCodeOfDiagnosis(unread), 1)
  })
})
