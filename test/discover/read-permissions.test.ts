import assert from 'node:assert/strict'
import { readPermissions } from '../../src/discover/read-permissions.js'
import { UpgradeError } from '../../src/errors.js'
import type { AccessQuestion, Permission } from '../../src/model/permission.js'
import type { ClusterReader } from '../../src/ports/cluster.js'
import { refusing } from '../support/fake-ports.js'

const permission = (verb: string, ...names: string[]): Permission => ({
  ...{ verb, group: 'apps', resource: 'deployments', namespace: 'n', names },
})

function ask(
  needed: Permission[],
  allowed: (question: AccessQuestion) => boolean,
): { answers: ReturnType<typeof readPermissions>; asked: string[] } {
  const asked: string[] = []
  const cluster = refusing<ClusterReader>({
    reviewAccess: async (question) => {
      asked.push(`${question.verb} ${question.name ?? '*'}`)
      return { allowed: allowed(question), reason: '' }
    },
  })
  return { answers: readPermissions(needed, { cluster }), asked }
}

describe('readPermissions', () => {
  it('asks once for what is allowed, whatever the number of objects', async () => {
    const { answers, asked } = ask([permission('patch', 'a', 'b', 'c')], () => true)
    assert.deepEqual((await answers)[0]?.answer, 'allowed')
    assert.deepEqual(asked, ['patch *'])
  })

  it('asks for each object where a role may name them', async () => {
    const { answers, asked } = ask([permission('patch', 'a', 'b')], ({ name }) => name === 'a')
    const [answer] = await answers
    assert.deepEqual([answer?.answer, answer?.deniedNames], ['denied', ['b']])
    assert.deepEqual(asked, ['patch *', 'patch a', 'patch b'])
    const all = await ask([permission('patch', 'a')], ({ name }) => name === 'a').answers
    assert.equal(all[0]?.answer, 'allowed')
  })

  it('takes a no for what no role can name', async () => {
    const { answers, asked } = ask([permission('create')], () => false)
    assert.deepEqual([(await answers)[0]?.answer, asked], ['denied', ['create *']])
  })

  it('says unknown where the server does not say, and fails where there is no server', async () => {
    const failing = (code: 'ApiFailure' | 'ClusterUnreachable'): ReturnType<typeof readPermissions> => {
      const reviewAccess = (): Promise<never> => Promise.reject(new UpgradeError(code, 'POST …: no'))
      return readPermissions([permission('patch', 'a')], {
        cluster: refusing<ClusterReader>({ reviewAccess }),
      })
    }
    const [answer] = await failing('ApiFailure')
    assert.deepEqual([answer?.answer, answer?.reason], ['unknown', 'POST …: no'])
    await assert.rejects(failing('ClusterUnreachable'), { code: 'ClusterUnreachable' })
  })
})
