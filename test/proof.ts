/** Long proofs, by name: `npm run proof -- NAME`. Each prints its table and ends with the same count line as the tests. */
import { faultMatrix } from './proof/faults.js'
import { killMatrix } from './proof/kills.js'
import { raceProof } from './proof/races.js'
import { realCharts } from './proof/real-charts.js'

/** One row of a proof's table. */
export interface ProofRow {
  name: string
  passed: boolean
  details: string
}

type Proof = (say: (row: ProofRow) => void, words: readonly string[]) => Promise<void>

const proofs: Record<string, Proof> = {
  faults: faultMatrix,
  kills: killMatrix,
  races: raceProof,
  'real-charts': realCharts,
}

const [name = '', ...words] = process.argv.slice(2)
const proof = proofs[name]
if (!proof) {
  process.stderr.write(`npm run proof -- NAME, where NAME is one of: ${Object.keys(proofs).join(', ')}\n`)
  process.exit(1)
}
const rows: ProofRow[] = []
try {
  await proof((row) => {
    rows.push(row)
    process.stdout.write(`${row.passed ? '✔' : '✖'} ${row.name}  ${row.details}\n`)
  }, words)
} catch (error) {
  rows.push({ name, passed: false, details: '' })
  process.stdout.write(
    `✖ ${name}  ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  )
}
const failed = rows.filter(({ passed }) => !passed).length
process.stdout.write(`${rows.length - failed} passed, ${failed} failed\n`)
process.exit(failed > 0 || rows.length === 0 ? 1 : 0)
