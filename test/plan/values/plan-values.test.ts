import assert from 'node:assert/strict'
import { generic } from '../../../src/meshes/generic.js'
import { secretTexts, textRedactor } from '../../../src/model/redaction.js'
import type { Values } from '../../../src/model/values.js'
import { planValues } from '../../../src/plan/values/plan-values.js'
import { aChart, aRelease, aRequest } from '../../support/builders.js'

describe('planValues', () => {
  const secret = 'hunter22'
  const userSupplied: Values = { db: { password: secret }, banner: `written by ${secret}` }
  const overrides: Values = { note: secret, env: [{ name: 'DB_PASSWORD', value: secret }] }

  for (const valuesMode of ['carry', 'reset', 'reuse', 'reset-then-reuse', 'helm-default'] as const) {
    it(`shows no secret, wherever it stands: ${valuesMode}`, () => {
      const { edits, findings, values } = planValues(
        {
          request: aRequest({ valuesMode }),
          ...{ profile: generic, chart: aChart(), overrides },
          release: aRelease({ values: userSupplied }),
        },
        textRedactor(secretTexts(userSupplied)),
      )
      assert.ok(edits.length >= 4)
      assert.doesNotMatch(JSON.stringify({ edits, findings }), /hunter/)
      assert.equal(values['note'], secret, 'helm is given it')
    })
  }
})
