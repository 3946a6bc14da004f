/** Programs of our own in helm's place, for what helm does only when things go wrong. */
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { helmCli, type HelmCli } from '../../src/adapters/helm-cli.js'
import { SecretRegistry } from '../../src/adapters/secret-registry.js'
import { UpgradeError } from '../../src/errors.js'
import type { HelmUpgradeRequest } from '../../src/ports/helm.js'

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
    for (const log of ['helm-stdout.log', 'helm-stderr.log']) rmSync(join(folder, log), { force: true })
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
    assert.deepEqual(outcome, { succeeded: false, exitCode: 1, message: '(hidden) is bad' })
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
    assert.equal(outcome.succeeded, false)
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
})
