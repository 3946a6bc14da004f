import assert from 'node:assert/strict'
import fc from 'fast-check'
import { chooseCommand, type Choice } from '../../src/cli/argv.js'
import { programOf, type Program } from '../../src/cli/program.js'
import { commands } from './shapes.js'

const kubectl = programOf('/usr/bin/kubectl-mesh_upgrade', {})
const helm = programOf('/plugins/upgrade-check/bin/run.js', { HELM_PLUGIN_NAME: 'upgrade-check' })
const choose = (line: string, program: Program = kubectl): Choice =>
  chooseCommand(line.split(' ').filter(Boolean), commands, program)

describe('chooseCommand', () => {
  it('takes crds alone for neither a command nor a release', () => {
    const choice = choose('crds')
    assert.equal(
      choice.type === 'misuse' && choice.message,
      'crds is one of: crds backup, crds diff, crds restore',
    )
    assert.equal(choose('crds --help').type, 'help')
  })

  const runs: [line: string, command: string, words: string][] = [
    ['', 'upgrade', ''],
    ['osm', 'upgrade', 'osm'],
    ['osm osm/osm --to 1', 'upgrade', 'osm osm/osm --to 1'],
    ['upgrade osm', 'upgrade', 'osm'],
    ['upgrade status', 'upgrade', 'status'],
    ['status', 'status', ''],
    ['crds diff osm', 'crds:diff', 'osm'],
    ['-n x crds restore folder', 'crds:restore', '-n x folder'],
    ['upgrade crds', 'upgrade', 'crds'],
    ['--version 1 plan', 'plan', '--version 1'],
    ['plan osm', 'plan', 'osm'],
    ['-n osm-system plan osm', 'plan', '-n osm-system osm'],
    ['-n plan', 'upgrade', '-n plan'],
    ['--set plan osm', 'upgrade', '--set plan osm'],
    ['--yes', 'upgrade', '--yes'],
    ['--version 0.11.1', 'upgrade', '--version 0.11.1'],
    ['osm --troubleshoot', 'troubleshoot', 'osm'],
    ['--troubleshoot osm', 'troubleshoot', 'osm'],
    ['--troubleshoot', 'troubleshoot', ''],
    ['upgrade --troubleshoot=true osm', 'troubleshoot', 'osm'],
    ['--troubleshoot=false osm', 'upgrade', '--troubleshoot=false osm'],
    ['--set --troubleshoot osm', 'upgrade', '--set --troubleshoot osm'],
    ['osm -- plan --help', 'upgrade', 'osm -- plan --help'],
    ['-n --help osm', 'upgrade', '-n --help osm'],
  ]
  for (const [line, command, words] of runs) {
    it(`runs ${command} for "${line}"`, () => {
      assert.deepEqual(choose(line), { type: 'run', command, words: words.split(' ').filter(Boolean) })
    })
  }

  const helps: [line: string, command: string | undefined][] = [
    ['--help', undefined],
    ['-h', undefined],
    ['help', undefined],
    ['-q --help', undefined],
    ['help plan', 'plan'],
    ['plan --help', 'plan'],
    ['plan osm -h', 'plan'],
    ['osm --help', 'upgrade'],
    ['upgrade --help', 'upgrade'],
    ['plan --bogus --help', 'plan'],
  ]
  for (const [line, command] of helps) {
    it(`shows help of ${command ?? 'the program'} for "${line}"`, () => {
      assert.deepEqual(choose(line), command === undefined ? { type: 'help' } : { type: 'help', command })
    })
  }

  it('answers a lone --version only', () => {
    assert.equal(choose('--version').type, 'version')
    assert.equal(choose('--version', helm).type, 'version')
    assert.equal(choose('osm --version').type, 'misuse')
  })

  it('names the command and the output with what is wrong', () => {
    const choice = choose('plan osm -o json --bogus')
    assert.deepEqual(choice, {
      type: 'misuse',
      command: 'plan',
      message: 'unknown flag: --bogus',
      output: 'json',
    })
    assert.equal(choose('help bogus').type, 'misuse')
    assert.equal(choose('help toString').type, 'misuse')
    assert.deepEqual(choose('toString'), { type: 'run', command: 'upgrade', words: ['toString'] })
    assert.equal(choose('status --to 1').type, 'misuse')
  })

  it('judges a helm command under the plugin, whatever the words are', () => {
    assert.deepEqual(choose('osm ./chart --reuse-values', helm), {
      type: 'run',
      command: 'upgrade-check',
      words: ['osm', './chart', '--reuse-values'],
    })
    assert.deepEqual(choose('plan', helm), { type: 'run', command: 'upgrade-check', words: ['plan'] })
    assert.deepEqual(choose('--help', helm), { type: 'help', command: 'upgrade-check' })
    assert.deepEqual(choose('help', helm), { type: 'help', command: 'upgrade-check' })
  })

  it('takes every flag of helm upgrade under the plugin', () => {
    const line =
      '-i --atomic --wait=watcher --wait-for-jobs --server-side=auto -l a=b --skip-crds osm ./chart'
    assert.equal(choose(line, helm).type, 'run')
  })

  it('is total, and what it runs has words that can be read', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('plan', 'upgrade', '--help', '--', '--troubleshoot', '-n', '-o'),
    )
    fc.assert(
      fc.property(fc.array(word), fc.constantFrom(kubectl, helm), (argv, program) => {
        const choice = chooseCommand(argv, commands, program)
        if (choice.type === 'run') assert.ok(Object.hasOwn(commands, choice.command))
      }),
    )
  })
})

describe('programOf', () => {
  const names: [script: string, name: string, completing: boolean][] = [
    ['/usr/local/bin/kubectl-mesh_upgrade', 'kubectl mesh-upgrade', false],
    ['/usr/local/bin/kubectl-mesh-upgrade', 'kubectl mesh upgrade', false],
    ['/usr/local/bin/kubectl_complete-mesh_upgrade', 'kubectl mesh-upgrade', true],
    ['/usr/local/bin/kubectl_complete-mesh-upgrade', 'kubectl mesh upgrade', true],
    ['C:\\tools\\kubectl-mesh-upgrade.exe', 'kubectl mesh upgrade', false],
    ['/src/bin/run.js', 'kubectl mesh-upgrade', false],
  ]
  for (const [script, name, completing] of names) {
    it(`takes ${script} for ${name}`, () => {
      assert.deepEqual(programOf(script, {}), { name, mode: 'kubectl', completing })
    })
  }

  it('is the helm plugin only where helm says so and kubectl did not call', () => {
    const env = { HELM_PLUGIN_NAME: 'upgrade-check' }
    assert.equal(programOf('/x/bin/run.js', env).name, 'helm upgrade-check')
    assert.equal(programOf('/x/kubectl-mesh_upgrade', env).mode, 'kubectl')
    assert.equal(programOf('/x/bin/run.js', { HELM_PLUGIN_NAME: 'diff' }).mode, 'kubectl')
  })
})
