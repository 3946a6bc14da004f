import assert from 'node:assert/strict'
import fc from 'fast-check'
import { frozenRequest } from '../../../src/plan/frozen/frozen-request.js'
import { planChanges } from '../../../src/plan/frozen/plan-changes.js'
import { missingSecrets, splitSecrets } from '../../../src/plan/frozen/secret-overrides.js'
import { mergeValues } from '../../../src/plan/values/value-paths.js'
import type { Values } from '../../../src/model/values.js'
import { aPlan, aRequest } from '../../support/builders.js'

const plain = (text: string): string => text
const plainJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('overrides in a frozen plan', () => {
  it('lack what is secret, and name it', () => {
    const values: Values = {
      vault: { token: 's3', host: 'vault.example.com', auth: { enabled: true, password: 1234 } },
      'a.b': { apiKey: 'k', list: [{ name: 'x', token: 'y' }], urls: ['https://u:hunter2@host'] },
      tokenSecretName: 'osm-token',
    }
    const redact = (text: string): string => text.replaceAll('hunter2', '(hidden)')
    const { kept, secretPaths } = splitSecrets(values, redact)
    assert.deepEqual(kept, {
      vault: { host: 'vault.example.com', auth: { enabled: true } },
      'a.b': {},
      tokenSecretName: 'osm-token',
    })
    const asked = ['vault.token', 'vault.auth.password', 'a\\.b.apiKey', 'a\\.b.list', 'a\\.b.urls']
    assert.deepEqual(secretPaths, asked)
    assert.deepEqual(missingSecrets(secretPaths, { vault: { token: 'x' } }), asked.slice(1))
  })

  it('are whole again when the same is given again, whatever they are', () => {
    const key = fc.constantFrom('a', 'token', 'x.y', 'password', 'list')
    const { tree } = fc.letrec<{ tree: Values }>((tie) => ({
      tree: fc.dictionary(key, fc.oneof({ maxDepth: 3 }, fc.jsonValue({ maxDepth: 1 }), tie('tree')), {
        maxKeys: 4,
        noNullPrototype: true,
      }) as fc.Arbitrary<Values>,
    }))
    fc.assert(
      fc.property(tree, (values) => {
        const { kept, secretPaths } = splitSecrets(values, plain)
        assert.deepEqual(plainJson(mergeValues(values, kept)), plainJson(values))
        assert.deepEqual(missingSecrets(secretPaths, values), [])
        assert.deepEqual(plainJson(splitSecrets(kept, plain)), plainJson({ kept, secretPaths: [] }))
      }),
    )
  })
})

describe('the request in a frozen plan', () => {
  const frozen = (changes: object): ReturnType<typeof frozenRequest> =>
    frozenRequest({ ...aRequest(), ...changes }, aPlan(), plain)

  it('shows no secret, however short', () => {
    const words = ['--set', 'vault.token=abc', '--set-json', 'vault={"password":"x"}', '--set', 'a.b=c']
    assert.deepEqual(frozen({ valueArguments: words }).valueArguments, [
      ...['--set', 'vault.token=(hidden)', '--set-json', 'vault=(hidden)', '--set', 'a.b=c'],
    ])
  })

  it('names the release, and not whom to tell', () => {
    const { releaseName, namespace, notify } = frozen({ notify: ['https://example.com/hook?key=1'] })
    assert.deepEqual([releaseName, namespace, notify], ['osm', 'osm-system', undefined])
  })

  it('is refused with secrets that cannot be asked for again', () => {
    assert.throws(() => frozen({ helmArguments: ['--set', 'vault.token=abc'] }), /words for helm/)
    const hooks = [{ event: 'before-run', command: 'curl -H "Authorization: Bearer abcdefgh1234"' }]
    assert.throws(() => frozen({ hooks: { hooks, timeoutMs: 1, deadlineMs: 1 } }), /in a hook/)
  })
})

describe('a plan made again', () => {
  it('tells in what it differs', () => {
    const hop = { from: '0.9.2', to: '0.10.0', releases: [], crds: [], releaseNotes: [], steps: [] }
    const plan = aPlan({ hops: [hop] })
    assert.deepEqual(planChanges(plan, plan), [])
    const other = { ...plan, hops: [{ ...hop, to: '9.9.9' }] }
    assert.match(planChanges(plan, other).join(), /the path is .*9\.9\.9/)
    const steps = [{ id: 'x', title: 'x', mutates: false, commands: [], type: 'verify' as const }]
    assert.deepEqual(planChanges(plan, { ...plan, hops: [{ ...hop, steps }] }), [
      'the steps of hop 1 are others',
    ])
  })
})
