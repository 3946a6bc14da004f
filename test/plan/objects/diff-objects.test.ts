import assert from 'node:assert/strict'
import fc from 'fast-check'
import { diffObjects } from '../../../src/plan/objects/diff-objects.js'
import { manifestScope, parseManifest } from '../../../src/plan/objects/parse-manifest.js'
import { aCluster } from '../../support/builders.js'

const scope = manifestScope('osm-system', aCluster().servedKinds)
const parse = (text: string): ReturnType<typeof parseManifest> => parseManifest(text, scope)
const deployment = (image: string): string =>
  `---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: c}\nspec: {template: {spec: {containers: [{name: c, image: "${image}"}]}}}\n`
const secret = (value: string): string =>
  `---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {token: "${value}"}\n`
const asIs = (text: string): string => text

describe('parseManifest', () => {
  it('gives namespaced objects the namespace of the release and leaves others alone', () => {
    const { objects } = parse(
      `${deployment('a')}---\napiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n`,
    )
    assert.deepEqual(
      objects.map(({ metadata }) => metadata.namespace),
      ['osm-system', undefined],
    )
  })

  it('reads the other documents where one is broken', () => {
    const { objects, problems } = parse(`---\n{ broken\n${deployment('a')}`)
    assert.deepEqual([objects.length, problems.length], [1, 1])
  })

  it('gives a result for any text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom('---', 'kind: List', '- a', '&a [*a]', 'items: [1]'))),
        (lines) => {
          assert.ok(Array.isArray(parse(lines.join('\n')).objects))
        },
      ),
    )
  })
})

describe('diffObjects', () => {
  it('shows a changed image and that pods restart', () => {
    const { changes } = diffObjects(parse(deployment('a:1')).objects, parse(deployment('a:2')).objects, asIs)
    assert.deepEqual([changes.length, changes[0]?.change, changes[0]?.restartsPods], [1, 'changed', true])
    assert.match(changes[0]?.diff ?? '', /-.*image: a:1\n\s*\+.*image: a:2/)
  })

  it('counts what is unchanged and finds what is added and removed', () => {
    const { changes, unchanged } = diffObjects(
      parse(deployment('a') + secret('x')).objects,
      parse(deployment('a') + '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n').objects,
      asIs,
    )
    assert.equal(unchanged, 1)
    assert.deepEqual(
      changes.map(({ change, object }) => [change, object.kind]),
      [
        ['added', 'ConfigMap'],
        ['removed', 'Secret'],
      ],
    )
  })

  it('shows that a Secret changes without showing its content', () => {
    const { changes } = diffObjects(
      parse(secret('old-secret')).objects,
      parse(secret('new-secret')).objects,
      asIs,
    )
    assert.equal(changes.length, 1)
    assert.ok(!/old-secret|new-secret/.test(changes[0]?.diff ?? ''))
    assert.match(changes[0]?.diff ?? '', /hidden/)
  })
})
