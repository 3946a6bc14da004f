/** Programs of our own in helm's place, for what helm does only when things go wrong. */
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { helmCli, type HelmCli } from '../../src/adapters/helm-cli.js'
import { SecretRegistry } from '../../src/adapters/secret-registry.js'
import { UpgradeError } from '../../src/errors.js'
import { rollbackArguments } from '../../src/model/helm-upgrade.js'
import type { HelmOutcome, HelmUpgradeRequest, HelmWriter } from '../../src/ports/helm.js'
import { pretender } from '../support/pretend-helm.js'

const folder = mkdtempSync(join(tmpdir(), 'helm-child-test-'))
const secrets = new SecretRegistry()
const { env } = process

function program(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  chmodSync(path, 0o755)
  return path
}

function helm(binary: string): HelmCli {
  return helmCli({ binary, env, kube: {}, kubeContext: '', login: {}, secrets })
}

async function failure(work: Promise<unknown>, code: string): Promise<UpgradeError> {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  assert.ok(error instanceof UpgradeError && error.code === code, String(error))
  return error
}

after(() => rmSync(folder, { recursive: true }))

describe('helm that cannot be used', () => {
  const pretend = (version: string): HelmCli => {
    const path = program(`helm-${version}`, `#!/bin/sh\necho '${version}'\n`)
    return helm(path)
  }

  it('is named, with what to do', async () => {
    const absent = await failure(helm(join(folder, 'no-helm')).reader.version(), 'HelmUnusable')
    assert.match(absent.message, /no-helm: there is no such program/)
    assert.match(absent.remedy, /HELM_BIN/)
    const silent = program('helm-silent', '#!/bin/sh\nexit 3\n')
    const mute = await failure(helm(silent).reader.version(), 'HelmUnusable')
    assert.match(mute.message, /does not say its version: it ended with exit code 3/)
    for (const version of ['v3.17.4', 'v4.0.5', 'v4.1.4', 'v2.17.0', 'v5.0.0', 'nonsense']) {
      await failure(pretend(version).reader.version(), 'HelmUnusable')
    }
    for (const version of ['v3.18.0', 'v3.22.0', 'v4.2.0', 'v4.3.1']) await pretend(version).reader.version()
  })

  it('is told apart from a failure of its own', async () => {
    await failure(pretend('v4.0.1').reader.mergeValues(['--set', 'a=1']), 'HelmUnusable')
  })
})

describe('helm as a child', function () {
  this.timeout(20_000)
  const request = (extra: Partial<HelmUpgradeRequest> = {}): HelmUpgradeRequest => ({
    ...{ releaseName: 'osm', namespace: 'osm-system', chartPath: '/charts/osm', chartVersion: '1.0.0' },
    ...{ valuesFile: '/values.yaml', timeoutMs: 90_500, extraArguments: ['--no-hooks'], logFolder: folder },
    ...extra,
  })
  const child = (name: string, body: string): HelmCli => {
    const path = program(name, `#!/bin/sh\n[ "$1" = version ] && { echo v3.22.0; exit; }\n${body}\n`)
    return helm(path)
  }
  beforeEach(() => {
    for (const file of ['helm-stdout.log', 'helm-stderr.log', 'helm-child.json'])
      rmSync(join(folder, file), { force: true })
  })

  it('tells its lines as they come and ends with its last words, secrets hidden', async () => {
    secrets.add('hunter2000')
    const cli = child(
      'talk',
      'echo "$@"; printf "half "; sleep 0.3; echo line hunter2000; echo "level=WARN msg=x" >&2; echo "Error: UPGRADE FAILED: hunter2000 is bad" >&2; exit 1',
    )
    const lines: string[] = []
    const outcome = await cli.writer.upgrade(
      request(),
      (line) => lines.push(line),
      new AbortController().signal,
    )
    assert.deepEqual(lines, [
      'upgrade osm /charts/osm --namespace osm-system --reset-values --values /values.yaml --timeout 91s --wait --no-hooks',
      'half line (hidden)',
      'level=WARN msg=x',
      'Error: UPGRADE FAILED: (hidden) is bad',
    ])
    assert.deepEqual(outcome, {
      succeeded: false,
      exitCode: 1,
      message: '(hidden) is bad',
      ending: 'exited',
    })
    assert.ok(readFileSync(join(folder, 'helm-stdout.log'), 'utf8').includes('half line'))
  })

  it('is asked to end by SIGTERM and waited for', async () => {
    const cli = child(
      'stubborn',
      `trap 'echo ending; sleep 0.3; echo recorded; exit 1' TERM\necho started\nwhile :; do sleep 0.05; done`,
    )
    const stop = new AbortController()
    const lines: string[] = []
    const outcome = await cli.writer.upgrade(
      request(),
      (line) => {
        lines.push(line)
        if (line === 'started') stop.abort()
      },
      stop.signal,
    )
    assert.deepEqual(lines, ['started', 'ending', 'recorded'])
    assert.deepEqual([outcome.succeeded, outcome.ending], [false, 'terminated'])
  })

  it('runs in a session of its own and is not sent to another cluster by the environment', async () => {
    const path = program(
      'where',
      '#!/bin/sh\n[ "$1" = version ] && { echo v3.22.0; exit; }\nps -o sid= -p $$; env | grep -c "^HELM_\\(KUBE\\|NAMESPACE\\|DEBUG\\)"; echo "$@"',
    )
    const inherited = { ...env, HELM_KUBECONTEXT: 'other', HELM_NAMESPACE: 'other', HELM_DEBUG: 'true' }
    const options = { binary: path, env: inherited, login: {}, secrets }
    const cli = helmCli({ ...options, kube: { kubeconfig: '/k', asUser: 'jane' }, kubeContext: 'prod' })
    const lines: string[] = []
    await cli.writer.upgrade(request(), (line) => lines.push(line), new AbortController().signal)
    const [session, inheritedCount, words] = lines
    assert.notEqual(session?.trim(), '')
    assert.equal(inheritedCount, '0')
    assert.match(words ?? '', /--kubeconfig \/k --kube-context prod --kube-as-user jane$/)
  })

  it('can be called by a person with the same words', () => {
    const options = {
      env,
      login: {},
      secrets,
      binary: 'helm',
      kube: { kubeContext: 'prod eu', token: 'secret-token' },
    }
    const { reader } = helmCli({ ...options, kubeContext: 'prod eu' })
    assert.equal(
      reader.upgradeCommand(request({ chartPath: 'osm/osm', extraArguments: ['--description', "it's on"] })),
      `helm upgrade osm osm/osm --namespace osm-system --reset-values --values /values.yaml --timeout 91s --wait --description 'it'\\''s on' --version 1.0.0 --kube-context 'prod eu'`,
    )
    assert.match(
      reader.upgradeCommand(request({ chartPath: 'osm --repo https://x.example' })),
      / osm --namespace osm-system --repo https:\/\/x\.example /,
    )
    assert.doesNotMatch(reader.upgradeCommand(request({ chartPath: './charts/osm' })), /--version/)
    assert.match(
      reader.upgradeCommand(request({ extraArguments: ['--wait=legacy'] })),
      /--timeout 91s --wait=legacy --kube-context 'prod eu'$/,
    )
  })

  it('goes back by words that both majors know', () => {
    const { reader } = helm('helm')
    const words = { releaseName: 'osm', namespace: 'osm-system', toRevision: 3, timeoutMs: 60_000 }
    const given = [
      '--history-max',
      '5',
      '--description',
      'x',
      '--no-hooks',
      '--server-side=true',
      '--skip-crds',
    ]
    assert.equal(
      reader.rollbackCommand({ ...words, extraArguments: rollbackArguments([...given, '--wait=legacy']) }),
      'helm rollback osm 3 --namespace osm-system --timeout 60s --history-max 5 --no-hooks --wait=legacy',
    )
    assert.match(reader.rollbackCommand({ ...words, extraArguments: [] }), / --timeout 60s --wait$/)
  })
})

describe('a helm child that goes wrong', function () {
  this.timeout(30_000)
  const quiet = new AbortController().signal
  const run = (body: string, extra: Partial<HelmUpgradeRequest> = {}, graceMs = 5_000): Promise<Wrong> =>
    upgradeWith(body, extra, graceMs)

  interface Wrong {
    outcome: HelmOutcome
    lines: string[]
    logFolder: string
    writer: HelmWriter
  }

  async function upgradeWith(
    body: string,
    extra: Partial<HelmUpgradeRequest>,
    graceMs: number,
  ): Promise<Wrong> {
    const { writer, request } = pretender(body, graceMs)
    const lines: string[] = []
    const outcome = await writer.upgrade({ ...request, ...extra }, (line) => lines.push(line), quiet)
    return { outcome, lines, logFolder: request.logFolder, writer }
  }

  it('is ended by SIGTERM where it hangs beyond its timeout', async () => {
    const { outcome, writer, logFolder } = await run(
      'echo "Error: waited" >&2; while :; do sleep 0.05; done',
      { endAfterMs: 700 },
    )
    assert.equal(outcome.ending, 'terminated')
    assert.match(
      outcome.message,
      /^helm had not ended after 1 s: it hangs and was asked to end \(SIGTERM\)\n/,
    )
    assert.match(outcome.message, /release osm may be left pending-upgrade\nwaited$/)
    assert.equal(await writer.lingering(logFolder), undefined)
  })

  it('is given up, and known, where it ignores SIGTERM; SIGKILL is never sent', async () => {
    const body =
      "trap '' TERM; end=$(( $(date +%s) + 4 )); while [ $(date +%s) -lt $end ]; do sleep 0.05; done"
    const { outcome, writer, logFolder } = await run(body, { endAfterMs: 300 }, 300)
    assert.equal(outcome.ending, 'running')
    assert.match(outcome.message, /helm \(pid \d+\) was asked to end \(SIGTERM\) and still runs/)
    const lingering = await writer.lingering(logFolder)
    assert.equal(lingering?.state, 'alive')
    assert.ok(
      lingering && (await writer.settle(lingering, { waitMs: 10_000 }, () => undefined, quiet)) === 'ended',
    )
  })

  it('that somebody else killed is named, with what that leaves', async () => {
    const { outcome } = await run('kill -9 $$')
    assert.deepEqual([outcome.succeeded, outcome.exitCode, outcome.ending], [false, null, 'killed'])
    assert.match(
      outcome.message,
      /killed \(SIGKILL\) by somebody else .* release osm may be left pending-upgrade/,
    )
  })

  it('may flood us: what is told, held and kept on disk is bounded', async () => {
    const before = process.memoryUsage().rss
    const startedAt = Date.now()
    const { outcome, lines, logFolder } = await run(
      'for i in 1 2 3 4 5 6 7 8 9 10; do yes "a line of a flood" | head -c 10000000; sleep 0.12; done; echo; echo the end; echo "Error: UPGRADE FAILED: too much" >&2; exit 1',
    )
    assert.equal(outcome.message, 'too much')
    assert.ok(lines.includes('the end'))
    assert.ok(lines.some((line) => /bytes of output left out here/.test(line)))
    assert.ok(lines.join('').length < 5_000_000, `${lines.length} lines`)
    const kept = readFileSync(join(logFolder, 'helm-stdout.log'), 'utf8')
    assert.ok(kept.length < 10_000_000, `${kept.length} bytes kept`)
    assert.match(kept, /^… (this file had grown too large|\d+ bytes before this were too many)[^]*the end\n/)
    const grown = process.memoryUsage().rss - before
    assert.ok(grown < 200 * 1024 * 1024, `${grown} bytes more`)
    assert.ok(Date.now() - startedAt < 20_000)
  })

  it('is not started where nothing can be written about it, nor after an interruption', async () => {
    const { writer, request } = pretender('echo started')
    const lines: string[] = []
    mkdirSync(join(request.logFolder, 'helm-child.json.tmp'))
    await assert.rejects(
      writer.upgrade(request, (line) => lines.push(line), quiet),
      /EISDIR/,
    )
    rmSync(join(request.logFolder, 'helm-child.json.tmp'), { recursive: true })
    const outcome = await writer.upgrade(request, (line) => lines.push(line), AbortSignal.abort())
    assert.deepEqual([lines, outcome.ending], [[], 'terminated'])
  })
})
