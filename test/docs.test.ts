import assert from 'node:assert/strict'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findingCodes } from '../src/model/finding-codes.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** docs/findings.md; written anew with `UPDATE_GOLDEN=1`. */
function findingsPage(): string {
  const sections = Object.entries(findingCodes).map(
    ([code, { title, found, remedy }]) =>
      `## ${code}: ${title}\n\nFound when: ${found}.\n\nRemedy: ${remedy}.\n`,
  )
  const head =
    '# Findings\n\nGenerated from `src/model/finding-codes.ts`; `kubectl mesh-upgrade explain CODE` says the same.\n'
  return [head, ...sections].join('\n')
}

describe('documentation', () => {
  it('lists every finding as the code has it', () => {
    const file = join(root, 'docs', 'findings.md')
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, findingsPage())
    assert.equal(readFileSync(file, 'utf8'), findingsPage())
  })

  it('knows every code that the source uses', () => {
    const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    )
    const used = files.flatMap(
      (file) => readFileSync(join(root, 'src', file), 'utf8').match(/\bMU\d{3}\b/g) ?? [],
    )
    assert.deepEqual(
      [...new Set(used)].filter((code) => !(code in findingCodes)),
      [],
    )
  })
})
