import assert from 'node:assert/strict'
import fc from 'fast-check'
import { formatDuration, parseDuration } from '../../src/cli/duration.js'
import { programOf } from '../../src/cli/program.js'
import {
  applyWish,
  connectOptions,
  judgeRequest,
  releaseOf,
  upgradeRequest,
  withHelmNamespace,
} from '../../src/cli/request.js'
import { readWords, type ReadWords } from '../../src/cli/words.js'
import { UpgradeError } from '../../src/errors.js'
import { commands } from './shapes.js'

const words = (line: string, command = 'upgrade'): ReadWords =>
  readWords(line.split(' ').filter(Boolean), commands[command]!)
const kubectl = programOf('kubectl-mesh_upgrade', {})
const helm = programOf('run.js', { HELM_PLUGIN_NAME: 'upgrade-check' })

describe('applyWish', () => {
  it('says what to type again, but in a Job, whose file is nowhere else', () => {
    const { again } = applyWish(words('plan.json --set a=1', 'apply'))
    assert.equal(again, 'apply plan.json --set a=1')
    assert.equal(applyWish(words('plan.json --resume-if-begun', 'apply')).again, undefined)
  })
})

describe('upgradeRequest', () => {
  it('has the defaults of design §2', () => {
    assert.deepEqual(upgradeRequest(words('')), {
      executor: 'mesh-upgrade',
      devel: false,
      valueArguments: [],
      valuesMode: 'carry',
      images: 'keep',
      crds: 'in-place',
      timeoutMs: 300_000,
      permissions: 'to-run',
      helmArguments: [],
      onFailure: 'ask',
    })
  })

  it('carries over what is asked for', () => {
    const request = upgradeRequest(
      words(
        'osm ./chart -n osm-system --to 0.11 --repo http://x --devel --crds skip --crds-from crds --images chart',
      ),
    )
    const { releaseName, chart, namespace, to, repo, devel, crds, crdsFrom, images } = request
    assert.deepEqual(
      { releaseName, chart, namespace, to, repo, devel, crds, crdsFrom, images },
      {
        ...{
          releaseName: 'osm',
          chart: './chart',
          namespace: 'osm-system',
          to: '0.11',
          repo: 'http://x',
          devel: true,
        },
        ...{ crds: 'skip', crdsFrom: 'crds', images: 'chart' },
      },
    )
  })

  it('hands values to helm word by word, in order within a kind', () => {
    const { valueArguments } = upgradeRequest(
      words('--set a=1 -f x.yaml --set b=2 -f y.yaml --set-string=c=3'),
    )
    assert.deepEqual(
      valueArguments.join(' '),
      '--values x.yaml --values y.yaml --set a=1 --set b=2 --set-string c=3',
    )
  })

  it('hands the rest to helm', () => {
    const line = '--no-hooks --description=text --history-max 5 --take-ownership=false -- --dns x'
    assert.deepEqual(upgradeRequest(words(line)).helmArguments, [
      ...['--no-hooks', '--description', 'text', '--history-max', '5'],
      ...['--dns', 'x'],
    ])
  })

  it('lets --reset-values win over --reuse-values, as helm does', () => {
    const mode = (line: string): string => upgradeRequest(words(line)).valuesMode
    assert.equal(mode('--reset-values --reuse-values'), 'reset')
    assert.equal(mode('--reuse-values --reset-then-reuse-values'), 'reuse')
    assert.equal(mode('--reset-then-reuse-values'), 'reset-then-reuse')
    assert.equal(mode('--reuse-values=false'), 'carry')
  })

  it('refuses what is not built yet', () => {
    for (const line of ['--wait=false']) {
      assert.throws(
        () => upgradeRequest(words(line)),
        (error) => error instanceof UpgradeError && error.code === 'NotBuilt',
      )
    }
  })
})

describe('judgeRequest', () => {
  it("keeps helm's own values semantics and touches no CRD", () => {
    const request = judgeRequest(words('osm ./chart', 'upgrade-check'))
    assert.deepEqual([request.executor, request.valuesMode, request.crds], ['helm', 'helm-default', 'skip'])
    assert.equal(judgeRequest(words('osm --reuse-values', 'upgrade-check')).valuesMode, 'reuse')
  })

  it('keeps the words of the helm command', () => {
    const { helmArguments } = judgeRequest(words('osm --wait --install --server-side auto', 'upgrade-check'))
    assert.deepEqual(helmArguments, ['--wait', '--install', '--server-side', 'auto'])
    assert.deepEqual(judgeRequest(words('--wait=legacy', 'upgrade-check')).helmArguments, ['--wait=legacy'])
  })
})

describe('connectOptions', () => {
  it('takes flags, and nothing where there is none', () => {
    assert.deepEqual(connectOptions(words(''), kubectl, { HELM_KUBECONTEXT: 'x' }), {})
    const line =
      '--context c --kubeconfig k --as me --as-group a --as-group b --request-timeout 30 --plain-http'
    assert.deepEqual(connectOptions(words(line), kubectl, {}), {
      ...{ kubeContext: 'c', kubeconfig: 'k', asUser: 'me', asGroups: ['a', 'b'], requestTimeoutMs: 30_000 },
      plainHttp: true,
    })
  })

  it("reads helm's environment under a helm plugin only, where an empty text is nothing", () => {
    const env = {
      HELM_KUBECONTEXT: 'prod',
      HELM_KUBETOKEN: '',
      HELM_KUBEASUSER: 'me',
      HELM_KUBEASGROUPS: 'a,b',
      HELM_KUBEAPISERVER: 'https://x',
      HELM_KUBEINSECURE_SKIP_TLS_VERIFY: 'false',
    }
    const options = connectOptions(words('', 'upgrade-check'), helm, env)
    assert.deepEqual(options, {
      kubeContext: 'prod',
      asUser: 'me',
      asGroups: ['a', 'b'],
      apiServer: 'https://x',
    })
  })

  it("takes helm's namespace only where a release is named", () => {
    const env = { HELM_NAMESPACE: 'osm-system' }
    const namespace = (line: string, program = helm): string | undefined =>
      releaseOf(withHelmNamespace(words(line, 'upgrade-check'), program, env)).namespace
    assert.equal(namespace('osm'), 'osm-system')
    assert.equal(namespace(''), undefined)
    assert.equal(namespace('osm', kubectl), undefined)
  })
})

describe('parseDuration', () => {
  it('reads durations as Go does', () => {
    const cases: Record<string, number> = {
      ...{ '5m': 300_000, '1m30s': 90_000, '300s': 300_000, '1.5h': 5_400_000, '0': 0, '.5s': 500 },
      ...{ '100ms': 100, '1h2m3s': 3_723_000, '+1s': 1000 },
    }
    for (const [text, ms] of Object.entries(cases)) assert.equal(parseDuration(text, '--timeout'), ms, text)
  })

  it('refuses everything else, naming the flag', () => {
    for (const text of ['', '5', 'm', '5 m', '5m3', '-5m', '1d', '5mm', 'five', '1..5s', '∞']) {
      assert.throws(() => parseDuration(text, '--timeout'), /--timeout: ".*" is no duration/, text)
    }
  })

  it('reads back what formatDuration writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), (seconds) => {
        assert.equal(parseDuration(formatDuration(seconds * 1000), '--timeout'), seconds * 1000)
      }),
    )
  })
})
