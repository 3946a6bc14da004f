/** The one program under its four names, as the real kubectl and both real helms start it. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readWords, type FlagShape } from '../../src/cli/words.js'
import { ensureBuilt } from '../bed/build.js'
import { runProgram, type Ran } from '../support/run-program.js'
import { commands } from './shapes.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = join(root, 'bin/run.js')
const judge = commands['upgrade-check']!
const names = [
  'kubectl-mesh_upgrade',
  'kubectl-mesh-upgrade',
  'kubectl_complete-mesh_upgrade',
  'kubectl_complete-mesh-upgrade',
]

/** Flags that lead elsewhere. */
const asked = ['help', 'troubleshoot', 'kubeconfig', 'output']
/** Flags whose value stands only behind an equals sign. */
const valueless = ['dry-run', 'wait']

describe('the names of the program', function () {
  this.timeout(600_000)
  let folder: string
  let binaries: string
  let env: Record<string, string>
  const run = (command: string, ...words: string[]): Promise<Ran> =>
    runProgram(join(binaries, command), words, { env })

  before(async () => {
    binaries = await ensureBuilt()
    folder = mkdtempSync(join(tmpdir(), 'mesh upgrade names-'))
    const path = join(folder, 'bin')
    mkdirSync(path)
    for (const name of names) symlinkSync(program, join(path, name))
    const PATH = [path, binaries, process.env.PATH ?? ''].join(delimiter)
    env = { PATH, KUBECONFIG: join(folder, 'absent'), NODE_EXTRA_CA_CERTS: '', NO_COLOR: '1' }
  })

  after(() => rmSync(folder, { recursive: true, force: true }))

  for (const [words, typed] of [
    [['mesh-upgrade'], 'kubectl mesh-upgrade'],
    [['mesh', 'upgrade'], 'kubectl mesh upgrade'],
  ] as const) {
    it(`${typed} prints help and hints under this name`, async () => {
      const help = await run('kubectl', ...words, '--help')
      assert.equal(help.exitCode, 0)
      assert.ok(help.stdout.includes(`  ${typed} [RELEASE] [CHART] [flags]\n`))
      const wrong = await run('kubectl', ...words, 'plan', '--bogus')
      assert.deepEqual([wrong.exitCode, wrong.stdout], [1, ''])
      assert.equal(wrong.stderr, `Error: unknown flag: --bogus\nSee ${typed} plan --help\n`)
    })

    it(`${typed} takes every flag from kubectl as it was typed`, async () => {
      const flags = Object.values(commands.upgrade!.flags).filter(({ name }) => !asked.includes(name))
      // A hook is an event and a command; a plan is kept where it is only shown.
      const special: Record<string, string> = { hook: 'before-run=true', 'dry-run': 'client' }
      const value = ({ name, options }: FlagShape): string => special[name] ?? options?.[0] ?? '1s'
      const lines = [
        flags.map((flag) =>
          flag.type === 'boolean' ? `--${flag.name}=false` : `--${flag.name}=${value(flag)}`,
        ),
        flags.flatMap((flag) =>
          flag.type === 'boolean' || valueless.includes(flag.name)
            ? [`--${flag.name}`]
            : [`--${flag.name}`, value(flag)],
        ),
        flags.flatMap(({ aliases = [], type }) =>
          aliases.map((alias) => (type === 'boolean' ? `--${alias}` : `--${alias}=1`)),
        ),
        flags.flatMap(({ char, type }) => (char ? [type === 'boolean' ? `-${char}` : `-${char}1`] : [])),
      ]
      for (const line of lines) {
        const ran = await run('kubectl', ...words, 'osm', './chart', ...line, '-o', 'json')
        const { code } = JSON.parse(ran.stdout) as { code: string }
        // They were read: what is missing is a cluster.
        assert.equal(code, 'KubeconfigUnreadable', `${line.join(' ')}\n${ran.stderr}`)
      }
    })

    it(`${typed} is completed by kubectl`, async () => {
      const commands = await run('kubectl', '__complete', ...words, 'tro')
      assert.match(commands.stdout, /^troubleshoot\t.*\n:4\n$/)
      const values = await run('kubectl', '__complete', ...words, 'plan', '-o', 'y')
      assert.match(values.stdout, /^yaml\t.*\n:4\n$/)
    })
  }

  it('answers --version alike under every name', async () => {
    const { stdout } = await run('kubectl', 'mesh-upgrade', '--version')
    assert.match(stdout, /^kubectl-mesh-upgrade \d+\.\d+\.\d+/)
    assert.equal((await run('kubectl', 'mesh', 'upgrade', '--version')).stdout, stdout)
  })

  it('writes one JSON document and one exit code where it fails', async () => {
    for (const words of [
      ['plan', '--bogus'],
      ['plan', 'osm'],
      ['status'],
      ['--yes', '--timeout', '5'],
      ['explain', 'X'],
    ]) {
      const ran = await run('kubectl', 'mesh-upgrade', ...words, '-o', 'json')
      const document = JSON.parse(ran.stdout) as {
        kind: string
        exitCode: number
        message: string
        remedy: string
      }
      assert.deepEqual([document.kind, document.exitCode], ['Error', ran.exitCode], words.join(' '))
      assert.ok(document.message && document.remedy && !ran.stderr.includes('    at '))
    }
  })

  it('does not mind a reader that goes away', () => {
    const command = `${JSON.stringify(join(binaries, 'kubectl'))} mesh-upgrade explain | head -c 1; echo $?`
    const ran = spawnSync('sh', ['-c', command], { env: { ...process.env, ...env }, encoding: 'utf8' })
    assert.equal(ran.stderr, '')
  })

  for (const helm of ['helm3', 'helm4']) {
    describe(`as a plugin of ${helm}`, () => {
      before(async () => {
        const home = join(folder, helm)
        env = { ...env, HELM_DATA_HOME: home, HELM_CONFIG_HOME: home, HELM_CACHE_HOME: home }
        const installed = await run(helm, 'plugin', 'install', root)
        assert.equal(installed.exitCode, 0, installed.stderr)
      })

      it('is listed with the version of the package', async () => {
        const { stdout } = await run(helm, 'plugin', 'list')
        assert.match(stdout, /^upgrade-check\s+\d+\.\d+\.\d+/m)
      })

      it('answers --help and --version', async () => {
        const help = await run(helm, 'upgrade-check', '--help')
        assert.match(help.stdout, /^ {2}helm upgrade-check \[RELEASE\] \[CHART\] \[flags\]$/m)
        assert.match((await run(helm, 'upgrade-check', '--version')).stdout, /^kubectl-mesh-upgrade /)
      })

      it('knows every flag of this helm upgrade', async () => {
        const { stdout } = await run(helm, 'upgrade', '--help')
        const own = (stdout.split('Global Flags:')[0] ?? '').matchAll(/--([a-z-]+)(?: [a-zA-Z]|\[| {2,})/g)
        const flags = new Set([...own].map(([, name]) => name ?? ''))
        assert.ok(flags.size > 40)
        for (const flag of flags) {
          const { misuse } = readWords([`--${flag}=x`], judge)
          assert.ok(!/unknown flag|not available/.test(misuse ?? ''), `--${flag}: ${misuse ?? ''}`)
        }
      })

      it('says what is wrong under its own name', async () => {
        const wrong = await run(helm, 'upgrade-check', 'osm', '--bogus')
        assert.equal(wrong.exitCode, 1)
        assert.match(wrong.stderr, /^Error: unknown flag: --bogus\nSee helm upgrade-check --help$/m)
      })

      it('is completed by helm', async () => {
        const { stdout } = await run(helm, '__complete', 'upgrade-check', '--reuse')
        assert.match(stdout, /^--reuse-values\t/)
      })
    })
  }
})
