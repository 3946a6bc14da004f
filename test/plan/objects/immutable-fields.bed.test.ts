/** The table of immutable fields is what a real API server refuses, applied on the client (helm 3) and the server (helm 4). */
import assert from 'node:assert/strict'
import type { KubeObject } from '../../../src/model/kube-object.js'
import { startBed, type Bed } from '../../bed/start.js'
import { immutableRows } from '../../support/immutable-rows.js'
import { mustRun, runProgram } from '../../support/run-program.js'

describe('immutable fields on an API server', function () {
  this.timeout(90_000)
  let bed: Bed
  before(async () => {
    bed = await startBed()
  })
  after(() => bed?.stop())

  for (const way of ['client', 'server'] as const) {
    it(`are refused, and nothing else is, by ${way}-side apply`, async () => {
      const { env } = bed
      const namespace = `rows-${way}`
      await mustRun('kubectl', ['create', 'namespace', namespace], { env })
      const named = (object: KubeObject, index: number): KubeObject => ({
        ...object,
        metadata: { ...object.metadata, name: `${way}-row-${index}-end` },
      })
      const list = (which: 'before' | 'after'): string => {
        const items = immutableRows.map((each, index) => named(each[which], index))
        return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
      }
      const words = ['apply', `--server-side=${way === 'server'}`, '-n', namespace, '-f', '-']
      await mustRun('kubectl', words, { env, input: list('before') })
      const { stderr } = await runProgram('kubectl', [...words, '--dry-run=server'], {
        ...{ env, input: list('after') },
      })
      const refused = immutableRows.filter((_row, index) => stderr.includes(`${way}-row-${index}-end`))
      const foreseen = immutableRows.filter(({ fields }) => fields.length > 0)
      assert.deepEqual(
        refused.map(({ title }) => title),
        foreseen.map(({ title }) => title),
        stderr,
      )
    })
  }
})
